/** The models of the HTTP contract, named as in groundset/server/models.py; made from the server's OpenAPI. */
import type { components } from './openapi';

type Schemas = components['schemas'];

export type Annotation = Schemas['Annotation'];
export type AnnotationIn = Schemas['AnnotationIn'];
export type AnnotationResult = Schemas['AnnotationResult'];
export type AnnotationResults = Schemas['AnnotationResults'];
export type Annotations = Schemas['Annotations'];
export type BandInfo = Schemas['BandInfo'];
export type CheckResult = Schemas['CheckResult'];
export type ChipDetail = Schemas['ChipDetail'];
export type ChipLabel = Schemas['ChipLabel'];
export type ChipPage = Schemas['ChipPage'];
export type ChipRow = Schemas['ChipRow'];
export type ClassCount = Schemas['ClassCount'];
export type Counts = Schemas['Counts'];
export type Differences = Schemas['Differences'];
export type Finding = Schemas['Finding'];
export type GridInfo = Schemas['GridInfo'];
export type Index = Schemas['Index'];
export type Job = Schemas['Job'];
export type JobIn = Schemas['JobIn'];
export type JobStep = Schemas['JobStep'];
export type Jobs = Schemas['Jobs'];
export type LabelCounts = Schemas['LabelCounts'];
export type Layer = Schemas['Layer'];
export type LevelResult = Schemas['LevelResult'];
export type Neighbours = Schemas['Neighbours'];
export type Problem = Schemas['Problem'];
export type Queryable = Schemas['Queryable'];
export type ReleaseDetail = Schemas['ReleaseDetail'];
export type ReleaseRow = Schemas['ReleaseRow'];
export type SceneDetail = Schemas['SceneDetail'];
export type SceneRow = Schemas['SceneRow'];
export type SchemeClass = Schemas['SchemeClass'];
export type Session = Schemas['Session'];
export type SessionName = Schemas['SessionName'];
export type Task = Schemas['Task'];
export type WorkspaceInfo = Schemas['WorkspaceInfo'];
export type WorkspaceLink = Schemas['WorkspaceLink'];

export type Permission = Session['permissions'][number];
export type Role = Session['role'];
export type JobState = Job['state'];
export type Verb = Job['verb'];
export type Bbox = [number, number, number, number];
