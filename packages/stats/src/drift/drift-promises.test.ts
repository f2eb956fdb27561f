import { driftPromises } from '../testing/drift-promises.ts'

// 6.5, the martingale half of 6.6, label-free estimates and delayed labels in their smallest form; `npm run test:promises`
// runs the same code at full size.
driftPromises('subset')
