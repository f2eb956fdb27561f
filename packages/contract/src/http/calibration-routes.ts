import Type from 'typebox'
import { admins, enveloped, largeBodyLimit, type Route, readers } from './route.ts'
import { Instant, Nullable, ofQuestion, Probability } from './shapes.ts'

// What is wrong with a row is told of the row, so that the others can be kept.
const Column = Type.Array(Type.Unknown(), { description: 'One entry per row, in the same order as the other column.' })

/** Rows of another source: two columns, or rows. */
export const CalibrationBody = Type.Object(
  {
    ...ofQuestion,
    prediction: Type.Optional(Column),
    actual: Type.Optional(Column),
    rows: Type.Optional(
      Type.Array(Type.Object({ prediction: Type.Optional(Type.Unknown()), actual: Type.Optional(Type.Unknown()) })),
    ),
  },
  { additionalProperties: false },
)

const Share = Nullable(
  Type.Object(
    { value: Probability, lower: Probability, upper: Probability, n: Type.Integer() },
    {
      description: 'With its Clopper-Pearson interval at 95 %.',
    },
  ),
)

/** The evidence behind intervals. */
export const calibrationRoutes = {
  getCalibration: {
    method: 'GET',
    path: '/v1/calibration',
    area: 'Calibration',
    summary: 'What the bounds of the serving model rest on, and how label sets did on cases left out of them',
    roles: readers,
    query: Type.Object({
      ...ofQuestion,
      coverage: Type.Optional(Type.String({ maxLength: 20, description: '90 (default), 95 or 99 percent.' })),
    }),
    answers: [
      enveloped(
        Type.Object({
          pod: Type.String(),
          question: Type.String(),
          model: Nullable(Type.Object({ digest: Type.String(), version: Type.Number() })),
          rows: Type.Record(Type.String(), Type.Integer(), { description: 'Rows of the serving model by source.' }),
          calibrator: Nullable(
            Type.Object({
              version: Type.Integer(),
              method: Type.String(),
              n: Type.Integer(),
              positives: Type.Integer(),
              sources: Type.Record(Type.String(), Type.Integer()),
              fitted_at: Instant,
              built_at: Instant,
              calibration_score: Nullable(Type.Number()),
            }),
          ),
          reason: Nullable(Type.String({ description: 'no_model or no_calibration where there are no bounds.' })),
          coverage: Type.Integer(),
          absolute_residual: Nullable(
            Type.Object({ radius: Nullable(Probability), calibration_score: Nullable(Type.Number()) }),
          ),
          realised: Nullable(
            Type.Object({
              method: Type.String(),
              n: Type.Integer(),
              overall: Share,
              label_0: Share,
              label_1: Share,
              undecided: Probability,
              width_p50: Probability,
            }),
          ),
          assumption: Type.String(),
          as_of: Instant,
        }),
        'Rows by source, the calibrator in force, realised coverage overall and per label',
      ),
    ],
    problems: ['unsupported_coverage', 'validation_failed'],
    group: 'v1',
    idempotent: false,
  },
  postCalibration: {
    method: 'POST',
    path: '/v1/calibration',
    area: 'Calibration',
    summary: 'Calibrate the serving model on rows of another source',
    description:
      'Predictions must be those of the model that serves. A row that is no prediction from 0 to 1 with an actual of 0 or 1 is skipped and listed (the first 20); at least 30 must remain. A new upload takes the place of the last one.',
    roles: admins,
    body: {
      schema: CalibrationBody,
      required: true,
      checked: 'door',
      limit: largeBodyLimit,
      example: { prediction: [0.12, 0.83], actual: [0, 1] },
    },
    answers: [
      enveloped(
        Type.Object({
          stored: Type.Integer(),
          skipped: Type.Integer(),
          skipped_rows: Type.Array(Type.Object({ row: Type.Integer(), why: Type.String() }), { maxItems: 20 }),
          version: Type.Integer(),
          calibration_size: Type.Integer(),
        }),
        'How many rows were kept, and the calibrator that was made at once',
      ),
    ],
    problems: ['too_few_rows', 'no_active_model', 'validation_failed'],
    group: 'v1',
    idempotent: true,
  },
} as const satisfies { readonly [name: string]: Route }
