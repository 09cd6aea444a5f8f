/**
 * Characters that a reader takes for the one on the left: the common entries of Unicode's confusables (UTS 39) that are
 * left after compatibility decomposition, case folding and the removal of accents, which deal with full-width,
 * mathematical, circled and accented forms. Where a letter's two cases resemble different ones (Greek eta: H and n), the
 * capital decides, because both cases must map alike. ASCII is never mapped: `bob1` and `bobl` are two people.
 */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: 'αаɑᴀꭺꓮ',
  b: 'βвʙƀɓꮟꓐь',
  c: 'ϲсᴄꮯꓚ',
  d: 'ԁᴅđɗꭰꮷꓓ',
  e: 'εеҽԑɛᴇꭼꓰ',
  f: 'ƒꜰғꓝ',
  g: 'ɡɢɠցԍꮐꓖ',
  h: 'ηнһհʜħɦꮋꓧ',
  i: 'ιіıɩɪɨꭵꓲ',
  j: 'ϳјյᴊꭻꓙ',
  k: 'κкᴋƙꮶꓗ',
  l: 'ӏʟłꮮꓡǀӀ١۱',
  m: 'μмᴍɱꮇꓟ',
  n: 'νпոռղɴɲŋꓠ',
  o: 'οоօᴏøꓳ٥۵०০๐໐',
  p: 'ρрᴘƥꮲꓑ',
  q: 'ԛզ',
  r: 'гʀɍꭱꮢꓣ',
  s: 'ѕʂꜱꮥꮪꓢ',
  t: 'τтᴛŧƭꭲꓔ',
  u: 'սʉᴜꓴ',
  v: 'ѵʋᴠꮩꓦ',
  w: 'ωԝѡաᴡⱳꮃꓪ',
  x: 'χхꓫ',
  y: 'υγуʏƴꮍꓬ',
  z: 'ζᴢʐꮓꓜ',
  '3': 'зӡ',
  '4': 'ꮞ',
  '6': 'б',
  ae: 'æ',
  oe: 'œ',
  '-': '‐‑‒–—―−⁃',
  "'": '‘’‛ʼʹ′`´',
};

const PLAIN_BY_LOOK: ReadonlyMap<string, string> = new Map(
  Object.entries(LOOK_ALIKES).flatMap(([plain, looks]) => Array.from(looks, (look) => [look, plain] as const)),
);

/** Replaces every character that looks like another one by that one. Takes case-folded text without accents. */
export function withoutLookAlikes(text: string): string {
  return Array.from(text, (character) => PLAIN_BY_LOOK.get(character) ?? character).join('');
}
