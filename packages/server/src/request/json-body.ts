import type { Json, JsonObject } from '@surety/contract'

/** Bodies come out of JSON.parse, so what they hold is JSON; these two lines are where that is said to the types. */
export const asJson = (value: unknown): Json => value as Json
export const asJsonObject = (value: { readonly [key: string]: unknown }): JsonObject => value as JsonObject
