/** "seed 7" → "Seed 7" */
export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** "Damage per second" → "damage per second" */
export const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
