import { decisionPromises } from '../testing/decision-promises.ts'

// 6.7 to 6.9 in their smallest form; `npm run test:promises` runs the same code at full size.
decisionPromises('subset')
