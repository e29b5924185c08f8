/** The share of time in which a run's steps wait for their inputs. */
export const waiting = 'alter table runs add column waiting real'
