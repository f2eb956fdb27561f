/** What JSON can hold. Stored payloads, settings and artefacts are of this type. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/**
 * A member that an object has itself, by a name that came from outside: `constructor` and `toString` are found on every object
 * otherwise, and are no member of any.
 */
export const ownMember = <Of>(members: { readonly [name: string]: Of }, name: string): Of | undefined =>
  Object.hasOwn(members, name) ? members[name] : undefined
