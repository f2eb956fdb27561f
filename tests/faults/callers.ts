import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import type { Told } from './day.ts'

/** Callers that send leads without an end, each again under its id until it is acknowledged, as the API asks them to. */
export interface Callers {
  /** What has been answered since it was asked last, by status; 0: nobody answered. */
  answers(): ReadonlyMap<number, number>
  /** Resolves when so many more leads are acknowledged. */
  acknowledged(more: number): Promise<void>
  /** Resolves when everything that was begun is acknowledged. */
  end(): Promise<void>
}

export function startCallers(url: string, key: string, told: Told, count: number): Callers {
  let going = true
  let sent = 0
  let answers = new Map<number, number>()
  const caller = async (): Promise<void> => {
    while (going) {
      const id = `call-${sent++}`
      const body = JSON.stringify({
        external_id: id,
        name: 'Jane Doe',
        email: 'jane@example.com',
        details: `an estimate ${id}`,
      })
      while (!(await send(id, body))) await wait(50)
    }
  }
  const send = async (id: string, body: string): Promise<boolean> => {
    try {
      const response = await fetch(`${url}/v1/lead`, {
        method: 'POST',
        headers: { 'x-api-key': key, 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(30_000),
      })
      const answer = (await response.json()) as { data?: { lead_id: string; decision: { id: string } } }
      answers.set(response.status, (answers.get(response.status) ?? 0) + 1)
      if (answer.data === undefined) return false
      told.leads.set(id, { caseId: answer.data.lead_id, decision: answer.data.decision.id })
      return true
    } catch {
      answers.set(0, (answers.get(0) ?? 0) + 1)
      return false
    }
  }
  const callers = Array.from({ length: count }, caller)
  return {
    answers() {
      const heard = answers
      answers = new Map()
      return heard
    },
    async acknowledged(more) {
      const before = told.leads.size
      for (let waited = 0; told.leads.size < before + more; waited += 20) {
        assert.ok(waited < 60_000, `of ${more} leads ${told.leads.size - before} were acknowledged in a minute`)
        await wait(20)
      }
    },
    async end() {
      going = false
      await Promise.all(callers)
    },
  }
}
