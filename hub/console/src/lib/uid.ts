/** A card's number as people type it and as readers send it. Pure. */

/** `04:be-be 01` is `04BEBE01`: what stands between the digits goes. */
export function uidOf(text: string): string {
  return text.replace(/[\s:.-]/g, '').toUpperCase();
}
