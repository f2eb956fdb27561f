import type { Answered } from './http/handler.ts'

/** How far the machine may go with one question, and on what that rests. */
export type QuestionOverview = Answered<'getAutonomy'>['pods'][number]
export type ActionOverview = QuestionOverview['actions'][number]
