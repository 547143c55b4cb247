/** A square in 24 x 24 that is cut into quarters so many times; from the third on only its upper left is. */
export function fragmented(times: number): string {
  const parts = ['M2 2h20v20H2z'];
  let [side, reach] = [20, 20];
  for (let i = 0; i < Math.min(times, 4); i++) {
    side /= 2;
    for (let at = side; at < reach; at += 2 * side) parts.push(`M${2 + at} 2v${reach}`, `M2 ${2 + at}h${reach}`);
    if (i >= 1) reach /= 2;
  }
  return parts.join('');
}
