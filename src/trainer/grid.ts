/** At which steps something is recorded: functions of the step alone, so that a resumed run's record equals a whole run's. */

/** Steps whose losses become a row: all of the first 50, then every tenth. Reading them each step would stall a GPU. */
export function isMetricStep(step: number): boolean {
  return step <= 50 || step % 10 === 0
}

/** Steps at which samples are drawn: 1, 2, 4 … 256, then eight in every doubling. 100,000 steps have 78. */
export function isSampleStep(step: number): boolean {
  if (step < 1) return false
  const octave = 2 ** Math.floor(Math.log2(step))
  return step < 512 ? step === octave : step % (octave / 8) === 0
}
