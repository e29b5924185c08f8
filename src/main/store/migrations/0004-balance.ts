/** How a run evens out its classes (`{by, tags}`), and how it varies its pictures (a list of ways); both as JSON. */
export const balance = `
  alter table runs add column balance text;
  alter table runs add column augment text;
`
