/** What a run leaves behind step by step: metric rows, samples, checkpoints. */
import { and, asc, count, eq, gt, sql } from 'drizzle-orm'
import type { MetricRow } from '../../../contract/nouns'
import { checkpoints, metrics, samples } from '../schema'
import type { Db, SyncStore } from './db'

type Queries = Pick<
  SyncStore,
  | 'appendMetrics'
  | 'readMetrics'
  | 'rewind'
  | 'addSample'
  | 'listSamples'
  | 'addCheckpoint'
  | 'removeCheckpoint'
  | 'listCheckpoints'
>

export function recordQueries(db: Db): Queries {
  // Prepared once: building a statement takes drizzle ten times as long as SQLite needs to run it.
  const putMetric = db
    .insert(metrics)
    .values({
      run: sql.placeholder('run'),
      step: sql.placeholder('step'),
      seconds: sql.placeholder('seconds'),
      losses: sql.placeholder('losses'),
    })
    .onConflictDoUpdate({
      target: [metrics.run, metrics.step],
      set: { seconds: sql`excluded.seconds`, losses: sql`excluded.losses` },
    })
    .prepare()

  return {
    appendMetrics(run, rows) {
      db.transaction(() => {
        for (const row of rows) putMetric.run({ run, ...row })
      })
    },
    readMetrics(run, after, limit) {
      const where = and(eq(metrics.run, run), gt(metrics.step, after))
      const rows = db.select({ n: count() }).from(metrics).where(where).get()!.n
      const columns = { step: metrics.step, seconds: metrics.seconds, losses: metrics.losses }
      if (rows <= limit) return db.select(columns).from(metrics).where(where).orderBy(asc(metrics.step)).all()
      // Written as text: a bound number is a real in SQLite, and the division must be whole.
      const [steps, span] = [sql.raw(String(limit - 1)), sql.raw(String(rows - 1))]
      // Row k opens bucket ⌊k·(limit-1)/(rows-1)⌋: one row a bucket, the first and the last among them.
      const k = sql`(row_number() over (order by ${metrics.step}) - 1)`
      const bucket = (index: typeof k) => sql`(${index} * ${steps} / ${span})`
      const numbered = db
        .select({ ...columns, opens: sql<number>`${k} = 0 or ${bucket(k)} <> ${bucket(sql`(${k} - 1)`)}`.as('opens') })
        .from(metrics)
        .where(where)
        .as('numbered')
      return db
        .select({ step: numbered.step, seconds: numbered.seconds, losses: numbered.losses })
        .from(numbered)
        .where(sql`${numbered.opens}`)
        .orderBy(asc(numbered.step))
        .all() as MetricRow[]
    },
    rewind(run, step) {
      db.transaction(() => {
        for (const table of [metrics, samples, checkpoints])
          db.delete(table)
            .where(and(eq(table.run, run), gt(table.step, step)))
            .run()
      })
    },
    addSample({ run, step, sheets }) {
      db.insert(samples)
        .values({ run, step, sheets })
        .onConflictDoUpdate({ target: [samples.run, samples.step], set: { sheets } })
        .run()
    },
    listSamples: (run) => db.select().from(samples).where(eq(samples.run, run)).orderBy(asc(samples.step)).all(),
    addCheckpoint(run, row) {
      const values = { ...row, createdAt: Date.now() }
      db.insert(checkpoints)
        .values({ run, ...values })
        .onConflictDoUpdate({ target: [checkpoints.run, checkpoints.step], set: values })
        .run()
    },
    removeCheckpoint(run, step) {
      db.delete(checkpoints)
        .where(and(eq(checkpoints.run, run), eq(checkpoints.step, step)))
        .run()
    },
    listCheckpoints: (run) =>
      db
        .select({
          step: checkpoints.step,
          seconds: checkpoints.seconds,
          bytes: checkpoints.bytes,
          createdAt: checkpoints.createdAt,
        })
        .from(checkpoints)
        .where(eq(checkpoints.run, run))
        .orderBy(asc(checkpoints.step))
        .all(),
  }
}
