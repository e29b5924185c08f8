/** What an item shows, in words. */
export const caption = 'alter table items add column caption text'
