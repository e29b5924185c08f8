/** How an item of text begins, and what a version keeps of its texts (JSON). */
export const texts = `
  alter table items add column text text;
  alter table versions add column coverage text;
`
