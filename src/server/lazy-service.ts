import type * as service from '../service';

export type Service = typeof service;

let loading: Promise<Service> | null = null;

/**
 * Readers, schemas, rules and catalog, loaded when the first document asks for them: `initialize` is answered without.
 * Nothing else in this folder imports more than types from the service.
 */
export const loadService = (): Promise<Service> => (loading ??= import('../service'));
