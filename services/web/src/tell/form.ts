/** The form of a new report. What is typed outlives a change of language and the closing of the tool, until it is sent. */

import { ApiError, explain } from '../api';
import { button, el, fill } from '../dom';
import { formatPosition } from '../format';
import type { Place } from '../shape';
import { canLocate, locate } from '../where/fix';
import { words, type Language } from '../words';
import { sendReport, type Service } from './api';
import { shrink, type Photo } from './photo';
import { tellWords, type TellWords } from './words';

export interface FormPorts {
  readonly language: Language;
  readonly services: readonly Service[];
  /** Middle of what is seen of the map */
  readonly centre: () => Place;
  readonly placed: (place: Place, moved: boolean) => void;
  readonly sent: (number: string) => void;
}

interface Draft {
  category: string;
  place: Place | null;
  text: string;
  photo: Photo | null;
  name: string;
  phone: string;
  email: string;
  key: string;
}

const EMPTY: Readonly<Draft> = { category: '', place: null, text: '', photo: null, name: '', phone: '', email: '', key: '' };
const LONGEST = { text: 4000, name: 100, phone: 30, email: 200 };

let draft: Draft = { ...EMPTY };

type Typed = 'category' | 'text' | 'name' | 'phone' | 'email';

export class Form {
  readonly element = el('form', { class: 'tell-form', novalidate: true });
  readonly #ports: FormPorts;
  readonly #w: TellWords;
  readonly #position = el('p', { class: 'tell-position', 'aria-live': 'polite' });
  readonly #photo = el('div', { class: 'tell-photo' });
  readonly #fault = el('p', { class: 'tell-fault', role: 'alert', id: 'tell-fault' });
  readonly #submit: HTMLButtonElement;
  readonly #controls = new Map<Typed, HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>();

  constructor(ports: FormPorts) {
    this.#ports = ports;
    const w = this.#w = tellWords[ports.language];
    this.#submit = el('button', { type: 'submit', class: 'tell-send' }, w.send);
    fill(this.element, [
      el('p', { class: 'quiet' }, w.intro),
      this.#category(),
      this.#where(),
      this.#field('text', w.text, el('textarea', { rows: 4, maxlength: LONGEST.text }), w.textHelp),
      this.#picture(),
      this.#contact(),
      el('p', { class: 'tell-consent' }, w.consent),
      this.#fault,
      this.#submit,
    ]);
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#tellPlace();
    if (draft.place) ports.placed(draft.place, false);
  }

  /** The user pointed there. */
  place(place: Place, moved = false): void {
    draft.place = place;
    this.#changed();
    this.#tellPlace();
    this.#ports.placed(place, moved);
  }

  #category(): HTMLElement {
    const w = this.#w;
    const options = this.#ports.services.map((one) => el('option', { value: one.service_code }, one.service_name));
    const select = el('select', {}, el('option', { value: '' }, w.choose), ...options);
    const help = el('p', { class: 'help', id: 'tell-category-help' });
    const explainIt = () => {
      const one = this.#ports.services.find(({ service_code }) => service_code === select.value);
      help.textContent = one ? `${one.description}. ${w.goesTo(one.group)}.` : '';
    };
    select.addEventListener('change', explainIt);
    const field = this.#field('category', w.category, select, help);
    explainIt();
    return field;
  }

  #where(): HTMLElement {
    const w = this.#w;
    const said = el('p', { class: 'help', role: 'status' });
    const here = button(w.here, { class: 'plain' }, () => {
      said.textContent = w.locating;
      void locate().then((fix) => {
        said.textContent = typeof fix === 'string' ? w.notLocated : '';
        if (typeof fix !== 'string') this.place({ lon: fix.lon, lat: fix.lat }, true);
      });
    });
    const centre = button(w.centre, { class: 'plain', id: 'tell-centre' }, () => this.place(this.#ports.centre()));
    return el('fieldset', {}, el('legend', {}, w.place), this.#position, el('div', { class: 'tell-buttons' }, centre, canLocate() && here), said);
  }

  #tellPlace(): void {
    const { place } = draft;
    const hint = el('span', { class: 'help' }, place ? this.#w.picked : this.#w.pickHow);
    fill(this.#position, place ? [el('b', {}, formatPosition(place.lon, place.lat, this.#ports.language)), hint] : [hint]);
  }

  #picture(): HTMLElement {
    const w = this.#w;
    const input = el('input', { type: 'file', id: 'tell-file', class: 'hidden-text', accept: 'image/*' });
    input.addEventListener('change', () => {
      const file = input.files?.[0];
      input.value = '';
      if (file) void this.#takePhoto(file, input);
    });
    this.#tellPhoto(input);
    return el('fieldset', {}, el('legend', {}, w.photo), this.#photo, input, el('p', { class: 'help' }, w.photoHelp));
  }

  async #takePhoto(file: Blob, input: HTMLInputElement): Promise<void> {
    try {
      draft.photo = await shrink(file);
      this.#say('');
    } catch {
      this.#say(this.#w.photoFailed); // whatever keeps a browser from reading a file, the user can only take another
    }
    this.#changed();
    this.#tellPhoto(input);
  }

  #tellPhoto(input: HTMLInputElement): void {
    const { photo } = draft;
    const w = this.#w;
    const choose = button(photo ? w.changePhoto : w.choosePhoto, { class: 'plain', id: 'tell-choose' }, () => input.click());
    const remove = photo && button(w.removePhoto, { class: 'plain' }, () => {
      draft.photo = null;
      this.#changed();
      this.#tellPhoto(input);
      document.getElementById('tell-choose')?.focus();
    });
    input.tabIndex = -1;
    input.setAttribute('aria-hidden', 'true');
    if (photo) {
      const size = `${Math.max(1, Math.round(photo.blob.size / 1000))} kB`;
      photo.preview.setAttribute('role', 'img');
      photo.preview.setAttribute('aria-label', w.photoOf(size));
    }
    fill(this.#photo, [photo?.preview, el('div', { class: 'tell-buttons' }, choose, remove)]);
  }

  #contact(): HTMLElement {
    const w = this.#w;
    const open = Boolean(draft.name || draft.phone || draft.email);
    return el(
      'details', { class: 'tell-contact', open }, el('summary', {}, w.contact), el('p', { class: 'help' }, w.contactHelp),
      this.#field('name', w.name, el('input', { type: 'text', autocomplete: 'name', maxlength: LONGEST.name })),
      this.#field('phone', w.phone, el('input', { type: 'tel', autocomplete: 'tel', maxlength: LONGEST.phone })),
      this.#field('email', w.email, el('input', { type: 'email', autocomplete: 'email', maxlength: LONGEST.email })),
    );
  }

  #field(name: Typed, title: string, control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement, help?: string | HTMLElement): HTMLElement {
    control.id = `tell-${name}`;
    control.value = draft[name];
    control.addEventListener('input', () => {
      draft[name] = control.value;
      control.removeAttribute('aria-invalid');
      this.#changed();
    });
    this.#controls.set(name, control);
    if (help) control.setAttribute('aria-describedby', `tell-${name}-help`);
    const told = typeof help === 'string' ? el('p', { class: 'help', id: `tell-${name}-help` }, help) : help;
    return el('div', { class: 'tell-field' }, el('label', { for: `tell-${name}` }, title), control, told);
  }

  /** A report that differs is another one. */
  #changed(): void {
    draft.key = '';
  }

  async #send(): Promise<void> {
    const w = this.#w;
    const { place, photo, category, text, name, phone, email } = draft;
    if (!category) return this.#refuse('category', w.needCategory);
    if (!place) return this.#refuse(null, w.needPlace);
    if (!text.trim() && !photo) return this.#refuse('text', w.needText);
    draft.key ||= Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    this.#busy(true);
    this.#say('');
    try {
      const number = await sendReport({ category, place, text, photo: photo?.blob ?? null, name, phone, email }, draft.key, this.#ports.language);
      draft = { ...EMPTY };
      this.#ports.sent(number);
    } catch (error) {
      console.error(error);
      this.#say(error instanceof ApiError && error.problem.detail ? error.problem.detail : explain(error, words[this.#ports.language]));
    } finally {
      this.#busy(false);
    }
  }

  #refuse(name: Typed | null, text: string): void {
    this.#say(text);
    const control = name ? this.#controls.get(name) : document.getElementById('tell-centre');
    if (name) control?.setAttribute('aria-invalid', 'true');
    control?.focus();
  }

  #say(text: string): void {
    this.#fault.textContent = text;
    if (text) this.#fault.scrollIntoView({ block: 'nearest' });
  }

  #busy(busy: boolean): void {
    this.#submit.disabled = busy;
    this.#submit.textContent = busy ? this.#w.sending : this.#w.send;
  }
}
