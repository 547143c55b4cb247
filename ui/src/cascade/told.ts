/** What the server tells of cascades; made from its OpenAPI. */
import type { components } from '../lib/openapi';

type Schemas = components['schemas'];

export type Cascade = Schemas['Cascade'];
export type CascadeRow = Schemas['CascadeRow'];
export type CascadeRows = Schemas['CascadeRows'];
export type CellsTold = Schemas['CascadeCells'];
export type Conflict = Schemas['CascadeConflict'];
export type Conflicts = Schemas['CascadeConflicts'];
export type LevelHistogram = Schemas['CascadeHistogram'];
export type LevelState = Schemas['CascadeLevel'];
export type PanelTold = Schemas['CascadePanel'];
export type SceneAnnotation = Schemas['SceneCascades'];
export type SceneClass = Schemas['CascadeClass'];
export type Threshold = Schemas['CascadeThreshold'];

/** One of the answers that settle a contradiction: annotations to post. */
export interface ConflictChoice {
  says: string;
  events: { [key: string]: unknown }[];
}

/** What one level finer costs. */
export interface Next {
  chips: number;
  bytes: number;
  seconds: number | null;
}
