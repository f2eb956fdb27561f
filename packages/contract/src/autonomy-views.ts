import type { Answered } from './http/handler.ts'

/** How far the machine may go with one pod, and on what that rests. */
export type PodOverview = Answered<'getAutonomy'>['pods'][number]
export type ActionOverview = PodOverview['actions'][number]
