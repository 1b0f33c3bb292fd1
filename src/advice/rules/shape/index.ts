import type { Rule } from '../../rule';
import { deadKeys } from './dead-keys';
import { denseLayers, expertGroups } from './experts';
import { headDim } from './heads';
import { layerIndexes, layerLists } from './layers';
import { ropeFactors, ropeScaling, ropeTheta } from './rope-scaling';
import { rotaryDims, rotarySections } from './rotary';
import { paddedVocab, tiedEmbeddings, tokenIds } from './vocabulary';
import { windowLayers, windowLength } from './windows';

export const shapeRules: readonly Rule[] = [
  headDim,
  rotaryDims,
  rotarySections,
  ropeScaling,
  ropeFactors,
  ropeTheta,
  expertGroups,
  denseLayers,
  layerIndexes,
  layerLists,
  windowLength,
  windowLayers,
  tokenIds,
  tiedEmbeddings,
  paddedVocab,
  deadKeys,
];
