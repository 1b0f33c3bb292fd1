export { readStorage, storedAlone, storedWeights, type Storage, type StoredWeight } from './storage';
