/**
 * Lower Cholesky factor of a symmetric positive definite matrix, in place of its lower triangle.
 * A pivot that rounding has eaten is replaced by a tiny share of its own diagonal, so that the factor always exists: it
 * steers steps here, it does not decide where they end.
 * @param matrix size × size, row-major; overwritten
 * @param lift   share of itself added to each diagonal element first, for matrices known to be singular
 */
export function choleskyInPlace(matrix: Float64Array, size: number, lift = 0): void {
  for (let i = 0; i < size; i++) {
    const diagonal = matrix[i * size + i]! * (1 + lift)
    matrix[i * size + i] = diagonal
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j]!
      for (let k = 0; k < j; k++) sum -= matrix[i * size + k]! * matrix[j * size + k]!
      if (j < i) matrix[i * size + j] = sum / matrix[j * size + j]!
      else matrix[i * size + i] = Math.sqrt(Math.max(sum, diagonal * 1e-14, 1e-300))
    }
  }
}

/**
 * Solves L·Lᵀ·x = b in place.
 * @param factor lower triangle of size × size, row-major, from `choleskyInPlace`
 * @param b      length size; becomes x
 */
export function choleskySolve(factor: Float64Array, size: number, b: Float64Array): void {
  for (let i = 0; i < size; i++) {
    let sum = b[i]!
    for (let k = 0; k < i; k++) sum -= factor[i * size + k]! * b[k]!
    b[i] = sum / factor[i * size + i]!
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = b[i]!
    for (let k = i + 1; k < size; k++) sum -= factor[k * size + i]! * b[k]!
    b[i] = sum / factor[i * size + i]!
  }
}
