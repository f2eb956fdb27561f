/** The first SIGINT or SIGTERM asks to finish; a second SIGINT ends the process at once. */
export function stopSignal(onStop: () => void): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const atOnce = (): void => process.exit(130)
  const stop = (): void => {
    if (controller.signal.aborted) return
    process.on('SIGINT', atOnce)
    controller.abort()
    onStop()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
      process.off('SIGINT', atOnce)
    },
  }
}
