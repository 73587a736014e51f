import { dropsIn } from './kernel-drops.ts';

const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  514: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 90210 2 0000000000000000 4242
  515: 00000000:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 90211 2 0000000000000000 8
  731: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 90212 2 0000000000000000 7
`;
const UDP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  514: 00000000000000000000000000000000:158A 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 90210 2 0000000000000000 9
`;

it('finds what the kernel dropped on a port', () => {
  expect(dropsIn(UDP, 5514)).toBe(4250);
  expect(dropsIn(UDP6, 5514)).toBe(9);
  expect(dropsIn(UDP, 68)).toBe(7);
  expect(dropsIn(UDP, 69)).toBeUndefined();
  expect(dropsIn('nothing of the kind', 5514)).toBeUndefined();
});
