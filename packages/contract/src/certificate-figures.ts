import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { JsonObject } from './json.ts'

/** Of a record. Those of one model alone, from before there were records, are read for ever. */
export const recordFormat = 'surety.certificate/2'

/** What is told of a certificate beside the columns that it is kept with. */
export interface CertificateFigures {
  /** Of the decisions that it was made on, in [0, 1]; null: unknown. */
  readonly share: number | null
  readonly counts: { readonly n: number; readonly accepted: number; readonly wrong: number }
  /** Bound on the average share of wrong ones. */
  readonly upper: number
  /** Who told its labels, by share: as the document says it. */
  readonly labelledBy: readonly JsonObject[]
}

const Count = Type.Integer({ minimum: 0 })
const Share = Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()])
const Told = Type.Array(Type.Object({ who: Type.String(), rows: Count }))
const OfRecord = Compile(
  Type.Object({
    cut: Type.Object({ share: Share }),
    record: Type.Object({ rows: Count, in_region: Count, wrong: Count }),
    upper: Type.Number(),
    labelled_by: Told,
  }),
)
const OfModel = Compile(
  Type.Object({
    share: Share,
    counts: Type.Object({ n: Count, accepted: Count, wrong: Count }),
    upper: Type.Number(),
    data: Type.Optional(Type.Object({ labelled_by: Type.Optional(Told) })),
  }),
)

/**
 * Signed documents are kept as they were written, for ever: of a record, or of one model alone from before there were records, whose
 * oldest do not say who labelled.
 * @throws Error which field is not as its format has it: then the row was written by something else, or damaged
 */
export function certificateFigures(document: JsonObject): CertificateFigures {
  if (document['format'] === recordFormat) {
    const { cut, record, upper, labelled_by: told } = checked(OfRecord, document)
    const counts = { n: record.rows, accepted: record.in_region, wrong: record.wrong }
    return { share: cut.share, counts, upper, labelledBy: told }
  }
  const { share, counts, upper, data } = checked(OfModel, document)
  return { share, counts, upper, labelledBy: data?.labelled_by ?? [] }
}

interface Checked<Shape> {
  Check(value: unknown): value is Shape
  Errors(value: unknown): readonly { readonly instancePath: string; readonly message: string }[]
}

function checked<Shape>(shape: Checked<Shape>, document: JsonObject): Shape {
  if (shape.Check(document)) return document
  const [fault] = shape.Errors(document)
  const where =
    fault === undefined ? '' : `${fault.instancePath.slice(1).replaceAll('/', '.') || 'it'} ${fault.message}`
  throw new Error(`the signed certificate ${String(document['id'])} is not as its format has it: ${where}`)
}
