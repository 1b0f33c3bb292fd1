/** 0 sound, 1 findings of severity error, 2 usage or unreadable input. */
export const EXIT = { sound: 0, findings: 1, usage: 2 } as const;

/** Input that can't be read: said on standard error, exit code 2. */
export class InputError extends Error {}
