/** Road land, area conforming to plan, zones with their limits, and plans to come. */

import { el, type Child } from '../dom';
import { formatDay, formatNumber, formatQuantity } from '../format';
import { readLegend, type Look } from '../legend';
import { dataLayer } from '../style';
import { swatch } from '../swatch';
import type { Part, Plan, ZonePart } from './extract';
import type { Told } from './situation';
import type { AskWords } from './words';

/** `107,7 m² (45,9 % thửa)` */
export function area({ a, language }: Told, { area_m2: size, percent }: Part): string {
  return a.ofParcel(formatQuantity(size, 'm2', language), formatQuantity(percent, '%', language));
}

/** The ward, for numbers of parcels come again in others, the three figures that people ask for first, and what is missing for them. */
export function figures(told: Told): Child[] {
  const { extract: { parcel, roadLand: road, area: { conforming_m2, conformingPercent, conformingKnown } }, a, language } = told;
  const partly = road.missing.length > 0;
  const inRoad = road.standing === 'concerned' ? bounded(area(told, road), partly, a.atLeast) : road.standing === 'not-concerned' && !partly ? a.none : null;
  const left = area(told, { area_m2: conforming_m2, percent: conformingPercent });
  const conforming = conformingKnown ? left : road.standing === 'concerned' ? a.atMost(left) : null;
  const fronts = road.fronts.map((one) => a.front(
    one.road, formatQuantity(one.frontage_m, 'm', language), one.width_m === null ? a.widthUnknown : formatQuantity(one.width_m, 'm', language),
  ));
  return [
    el('dl', { class: 'figures' },
      ...row(a.ward, parcel.communeName, a.noData),
      ...row(a.roadLand, inRoad, a.noData),
      ...row(a.conforming, conforming, a.noData),
      ...row(a.fronts, fronts.length > 0 ? fronts.join('; ') : partly ? null : a.none, a.noData)),
    partly && el('p', { class: 'lacking' }, a.missing(road.missing.join(', '))),
  ];
}

/** The rows while they are asked for. */
export function noFigures(a: AskWords): HTMLElement {
  return el('dl', { class: 'figures', 'aria-busy': 'true' }, ...[a.ward, a.roadLand, a.conforming, a.fronts].flatMap((title) => row(title, '…', a.noData)));
}

function bounded(value: string, partly: boolean, word: (value: string) => string): string {
  return partly ? word(value) : value;
}

function row(title: string, value: string | null, noData: string): Child[] {
  return [el('dt', {}, title), value === null ? el('dd', { class: 'no-data' }, noData) : el('dd', {}, value)];
}

export function zones(told: Told): Child[] {
  const { extract: { planning }, a } = told;
  const bar = el('div', { class: 'shares', 'aria-hidden': 'true' }, ...planning.map((part) => {
    const drawn = look(told, part);
    const piece = drawn ? swatch(drawn) : el('span', { class: 'swatch' });
    piece.style.flexGrow = String(Math.max(part.percent, 1));
    return piece;
  }));
  return [el('h3', {}, a.zones), planning.length > 1 && bar, el('ul', { class: 'zones' }, ...planning.map((part) => zone(told, part)))];
}

function zone(told: Told, part: ZonePart): HTMLElement {
  const { a } = told;
  const drawn = look(told, part);
  const purpose = part.function?.title ?? part.functionAsRecorded;
  const name = part.zone === null
    ? (part.standing === 'not-concerned' ? a.outsideZones : a.noZone)
    : [part.zone, purpose ?? a.noData].join(' – ');
  return el('li', { class: part.zone === null ? part.standing : null },
    el('p', { class: 'zone-name' }, drawn && swatch(drawn), el('b', {}, name)),
    el('p', { class: 'zone-part' }, area(told, part)),
    part.zone !== null && limits(told, part),
    part.plan && el('p', { class: 'quiet' }, planText(told, part.plan)));
}

/** The four limits that people go by, known or not; least values only where there are some. */
function limits({ a, language }: Told, { limits: given = {}, limitsApply = true }: ZonePart): HTMLElement {
  const number = (value: number) => formatNumber(value, language);
  const rows: [string, string | null][] = [
    [a.coverage, said(given['coverage_max'], (value) => formatQuantity(value, '%', language))],
    [a.far, said(given['far_max'], number)],
    [a.storeys, said(given['storeys_max'], number)],
    [a.height, said(given['height_max'], (value) => formatQuantity(value, 'm', language))],
  ];
  const least: [string, string | null][] = [
    [a.leastCoverage, said(given['coverage_min'], (value) => formatQuantity(value, '%', language))],
    [a.leastFar, said(given['far_min'], number)],
    [a.leastStoreys, said(given['storeys_min'], number)],
  ];
  const shown = [...rows, ...least.filter(([, value]) => value !== null)];
  return el('dl', { class: 'limits' }, ...shown.map(([title, value]) => el('div', {}, ...row(title, value, limitsApply ? a.noData : a.notApplicable))));
}

function said(value: number | undefined, format: (value: number) => string): string | null {
  return value === undefined ? null : format(value);
}

function planText({ a }: Told, { name, code, kind, status, decision, decidedOn, authority }: Plan): string {
  const state = status && status.code !== 'APPROVED' ? status.title : null;
  return [
    name ?? code ?? a.noData,
    kind && !name?.includes(kind.title) ? kind.title : null,
    state,
    decision && a.decision(decision, decidedOn ? formatDay(decidedOn) : ''),
    authority,
  ].filter(Boolean).join(' · ');
}

/** How the map draws the function of the zone. */
function look({ page }: Told, { function: purpose }: ZonePart): Look | null {
  const legend = readLegend(page.style.layers.filter((layer) => dataLayer(layer) === 'zones'));
  const entry = legend.entries.find(({ codes }) => purpose && codes.includes(purpose.code));
  return entry ?? null;
}

export function pending(told: Told): Child[] {
  const { extract: { pendingPlans: plans, themes }, a } = told;
  const theme = themes.find(({ layer }) => layer === 'plans');
  const unknown = !theme || theme.unknown_m2 > 0;
  const nothing = unknown ? a.notKnownPending : theme.publicOnly ? a.nonePublic : a.noPending;
  return [
    el('h3', {}, a.pending),
    plans.length === 0
      ? el('p', { class: 'quiet' }, nothing)
      : el('ul', { class: 'told' }, ...plans.map((plan) => el('li', {}, el('p', {}, planText(told, plan)), el('p', { class: 'quiet' }, area(told, plan))))),
  ];
}
