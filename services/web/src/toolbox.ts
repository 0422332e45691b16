/** Every tool of the page, in the order of their buttons. */

import type { Tool } from './tools';

export const TOOLS: readonly Tool[] = [];
