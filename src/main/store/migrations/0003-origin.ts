/** The run whose state a run began with: `{run, name, step}` as JSON. */
export const origin = 'alter table runs add column origin text'
