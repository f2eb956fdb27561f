/** What JSON can hold. Stored payloads, settings and artefacts are of this type. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}
