/** Measures of the table, in CSS pixels. */
export const ROW = 34;
export const HEAD = 32;
export const THUMB = 28;
/** Width of the column of pictures, and of the one of names. */
export const FIRST = 44;
export const NAME = 260;
