/** Zero-width characters, soft hyphens, variation selectors, tags, fillers: nothing that a reader sees. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
/**
 * Accents, which belong to no script of their own. Marks that do are vowels of their scripts and stay, as do the two
 * Japanese voicing marks.
 */
const ACCENTS = /(?![\u3099\u309a])\p{Script=Inherited}/gu;

/** Compatibility forms, case and invisible characters folded, in parts (NFKD) or composed (NFKC). */
export function folded(text: string, form: 'NFKC' | 'NFKD'): string {
  const visible = text.normalize(form).replace(INVISIBLE, '');
  return foldCase(visible).normalize(form).replace(INVISIBLE, '');
}

/** The letters of a name without regard to case, width and accents. */
export function withoutAccents(text: string): string {
  return folded(text, 'NFKD').replace(ACCENTS, '');
}

/**
 * Through upper case, which joins what lower case alone keeps apart (ß and ss, the two small sigmas, dotless i), and from
 * lower case, because a capital ẞ is its own upper case.
 */
function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
}
