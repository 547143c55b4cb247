/**
 * Colour ramps: 65 colours each of the well-known maps, drawn out to 256. The same as chips/ramps.py (a test compares
 * them); sources are in NOTICE.
 */

export const RAMP_NAMES = [
  'grey',
  'viridis',
  'magma',
  'plasma',
  'inferno',
  'turbo',
  'rdbu',
  'brbg',
  'piyg',
  'puor',
] as const;
export type RampName = (typeof RAMP_NAMES)[number];

/** A scale by its name, or its colours from low to high, #rrggbb. */
export type Ramp = RampName | readonly string[];

export const RAMP_TITLES: Record<RampName, string> = {
  grey: 'Grey',
  viridis: 'Viridis',
  magma: 'Magma',
  plasma: 'Plasma',
  inferno: 'Inferno',
  turbo: 'Turbo',
  rdbu: 'Red to blue (diverging)',
  brbg: 'Brown to teal (diverging)',
  piyg: 'Pink to green (diverging)',
  puor: 'Orange to purple (diverging)',
};

const ANCHORS: Record<RampName, string> = {
  grey: '000000ffffff',
  viridis:
    '44015445065a460c5f47126547186a481d6f482273472777472c7b46317e453681433b83424085' +
    '4044873e49893c4d8a3a528b38568b365a8c345e8d32628d31668d2f6a8d2d6e8e2c728e2a768e' +
    '287a8e277d8e26818e24858d23898d218c8d20908c1f938b1e978a1e9a891e9e881fa28621a685' +
    '23a98227ad802bb17d30b47a36b8773dbb7444be704bc26c53c5675bc86264cb5d6dce5877d052' +
    '81d34c8bd54695d73f9fd938aadb32b5dd2bbfdf24cae01ed4e11adfe318e9e419f3e51efde724',
  magma:
    '0000030101090303110605190a07220e0a2a120d33170f3c1c10462211502811592f1062350f6a' +
    '3c0f71430f754a107950127b57147d5d177e63197f691c806f1e817621817c2381822581892881' +
    '8f2a80952c809c2e7fa3307ea9327cb0347bb63679bb3877c23a75c83d72ce4070d4436dda4769' +
    'e04b66e55063ea5560ee5b5ef1615cf4685bf6705bf8775cfa7f5efb8660fc8e63fd9567fd9d6b' +
    'fda470feac75feb37bfebb80fec286fec98dfdd193fdd89afddfa1fce6a8fceeb0fcf5b7fbfcbf',
  plasma:
    '0c078618068b21058f2905933104963804993f039c45039e4c02a15201a35901a45f00a66500a7' +
    '6c00a87200a87801a87e03a78405a68908a58f0da39511a19a159e9f1a9ba41e98a92395ae2791' +
    'b22c8eb7308abb3586bf3982c33e7fc7427bcb4777ce4a75d14f71d5536dd8586adc5d66df6163' +
    'e26660e56b5ce87059ea7455ed7952ef7e4ef2844bf48947f68e44f79341f9993dfa9f3afba436' +
    'fcaa33fdb030fdb62dfdbc2afdc328fcc926fbd024fad624f8dd24f6e425f4ea26f2f126eff821',
  inferno:
    '00000301010903021206041b0a07230f092d140b361a0b40200c4a270b522e0a5a3509603c0965' +
    '430a684a0b6a500d6c570f6d5d126e63146e6a176e70196e761b6d7d1d6c83206b892269902468' +
    '9626669c2963a32b61a92e5eaf315bb53357bb3754bf3951c53d4dcb4049d04544d54940da4e3b' +
    'de5337e35832e65e2dea6428ed6a23f0701ef37719f57e14f7850ef98c09fa9306fb9b06fba208' +
    'fbaa0efbb116fbb91efac128f8c931f7d13cf5d948f3e056f1e864f1ee74f2f485f6fa95fcfea4',
  turbo:
    '30123b351e583929723c358b4040a1424bb54456c74560d6466be34675ed467ff64589fc4193fe' +
    '3c9dfd36a8f92fb1f328bbeb21c4e11ccdd718d5cc17dcc219e3b81ee8af27eda332f1973ff58a' +
    '4df97c5dfb6f6dfd627cfe568bfe4b98fe42a4fc3bacfa37b6f735c0f233caed33d4e735dde036' +
    'e5d838ecd139f2c83af7c039fab737fcae34fda330fe982cfd8c27fb8022f8741cf56817f15d13' +
    'ec520ee6490be04008d93806d23005c92903c02302b61c01ac1601a01101940c018708017a0402',
  rdbu:
    '67001f7203207e07228a0b24960f26a11228ad162ab51f2ebb2a33c03538c6403ecc4c43d15749' +
    'd7624fdb6d57e0785fe58368ea8d70ee9878f3a380f5ac8bf6b496f8bda1f9c5abfaceb6fcd6c1' +
    'fcddcafbe1d2fae5d9f9eae1f8eee8f7f3f0f6f6f6f1f4f6ebf1f4e5eef3dfecf2d9e9f1d3e6f0' +
    'cce2eec2ddebb8d8e8aed3e6a4cee39ac9e090c4dd84bcd977b4d56bacd05ea4cc529cc84694c4' +
    '3f8dc03986bc347fb92f78b52971b1246aae1f62a71a5a9b1651901249840d407809386c053061',
  brbg:
    '5430055c3505653a066e3f077744087f4908884f0991550d995d12a16418a96c1db17323b97b28' +
    'c08330c58d3cca9749cfa255d4ac62d9b66edec07be2c786e5cd91e9d39cecd9a7f0dfb2f4e5bd' +
    'f5e9c6f5ebcef5edd6f5efdef5f1e6f5f3eef4f4f4eef3f2e7f1f0e0f0edd9eeebd1ece8caeae6' +
    'c1e7e2b6e3dcabded6a0dad194d5cb89d0c57ecbc072c3b867bbb05bb2a84faaa043a198379990' +
    '2e91892689811e8179167a720e726a066a6200635b005c5400564c004f4500493e004237003c30',
  piyg:
    '8e01529605589f095fa70d66b0116cb91573c1197ac72481cb3289cf4091d34f98d75da0db6ca8' +
    'de79afe183b6e48dbde797c4eaa1cbedaad2f0b4d9f2bbdcf4c2e0f6c8e3f8cfe6fad6eafcdced' +
    'fce1effbe5f0fae9f2f9ecf3f8f0f4f7f3f5f6f6f6f4f6f1f2f6ebeff6e5ecf5dfeaf5d9e7f5d3' +
    'e2f3cadbf0bed3edb2cceaa7c5e69bbee390b6e084adda79a5d46f9cce6493c9598ac34e81bd43' +
    '79b73d71b03869a93361a32e599c295196244a8f2044881f3e801e38791c32721b2c6b1a276419',
  puor:
    '7f3b08873f078f44079748079f4d06a75106af5606b75c07be6209c5690bcc6f0dd37610da7d12' +
    'e18417e58c23ea952fee9d3cf3a548f7ae55fcb661fdbd6efdc37bfdca88fdd095fdd6a2fddcaf' +
    'fde1bbfce5c5fbe9cffaecd9f9f0e3f7f3eef6f6f6f2f3f5edeef3e9e9f1e4e5efdfe0eddadceb' +
    'd5d6e9cfcee5c9c7e1c3c0ddbdb8d9b7b1d5b1a9d1a9a1cba198c5998fbf9186b9897db38175ad' +
    '7a6aa7735ea26d529c6646965f3a91582e8b5124844b1e7a4518713f1267390c5e3306542d004b',
};

const made = new Map<string, Uint8Array>();

export function isRamp(name: string | null | undefined): name is RampName {
  return RAMP_NAMES.includes(name as RampName);
}

/** 256 colours as RGBA bytes; the same array on every call. */
export function ramp(wanted: Ramp): Uint8Array {
  const key = keyOf(wanted);
  let table = made.get(key);
  if (!table) made.set(key, (table = drawOut(typeof wanted === 'string' ? ANCHORS[wanted] : key.replace(/#|,/g, ''))));
  return table;
}

/** What a scale is called where it is kept. */
export function keyOf(wanted: Ramp): string {
  return typeof wanted === 'string' ? wanted : wanted.join();
}

/** The colour at `t` (0-1, clipped) as three bytes. */
export function rampColour(name: Ramp, t: number): [number, number, number] {
  const i = Math.round(Math.min(1, Math.max(0, t)) * 255) * 4;
  const table = ramp(name);
  return [table[i]!, table[i + 1]!, table[i + 2]!];
}

/** A CSS gradient from left to right. */
export function rampGradient(name: Ramp, invert = false): string {
  const stops = Array.from({ length: 17 }, (_, i) => {
    const t = invert ? 1 - i / 16 : i / 16;
    return `rgb(${rampColour(name, t).join(' ')})`;
  });
  return `linear-gradient(to right, ${stops.join(', ')})`;
}

/** `#rrggbb` as three bytes; grey where it is none. */
export function parseColour(text: string): [number, number, number] {
  const hex = /^#?([0-9a-f]{6})$/i.exec(text.trim())?.[1];
  if (!hex) return [128, 128, 128];
  return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)) as [number, number, number];
}

function drawOut(anchors: string): Uint8Array {
  const count = anchors.length / 6;
  const at = (i: number, c: number) => parseInt(anchors.slice(i * 6 + c * 2, i * 6 + c * 2 + 2), 16);
  const table = new Uint8Array(256 * 4);
  for (let i = 0; i < 256; i++) {
    const place = (i / 255) * (count - 1);
    const low = Math.min(count - 2, Math.floor(place));
    for (let c = 0; c < 3; c++)
      table[i * 4 + c] = Math.round(at(low, c) + (at(low + 1, c) - at(low, c)) * (place - low));
    table[i * 4 + 3] = 255;
  }
  return table;
}
