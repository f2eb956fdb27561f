import { isUtf8 } from 'node:buffer'

/** Small files are taken as one text: without a byte order mark. null: these bytes are not UTF-8. */
export const wholeText = (bytes: Buffer): string | null =>
  isUtf8(bytes) ? bytes.toString('utf8').replace(/^\ufeff/, '') : null

/** What to do about a file that is not. */
export const notUtf8 = (file = 'FILE'): string =>
  `The file is not UTF-8: convert it, for example with "iconv -f ISO-8859-1 -t UTF-8 ${file} > NEW".`
