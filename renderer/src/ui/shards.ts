/** The colour of a shard: eight hues that colour-blind readers tell apart, again from the first after the eighth. Always shown with its number. */
export const SHARD_COLOURS = 8;

export const shardColour = (shard: number): string => `var(--s${shard % SHARD_COLOURS})`;
