import type { HostileCase } from '../hostile-case';
import { fromAlice, type Parties } from '../parties';

/** What a partner calls a file, and what the flow gets (SEC-10, FN-03). */
const names: readonly (readonly [disposition: string, safe: string | undefined])[] = [
  ['attachment; filename="../../../../etc/passwd"', 'passwd'],
  ['attachment; filename="..\\\\..\\\\windows\\\\system.ini"', 'system.ini'],
  ['attachment; filename="/etc/shadow"', 'shadow'],
  ['attachment; filename="C:\\\\boot.ini"', 'boot.ini'],
  ['attachment; filename="C:boot.ini"', 'C_boot.ini'],
  ['attachment; filename="order.edi::$DATA"', 'order.edi__$DATA'],
  ['attachment; filename=".."', 'unnamed'],
  ['attachment; filename="."', 'unnamed'],
  ['attachment; filename="/"', 'unnamed'],
  ['attachment; filename=""', undefined],
  ['attachment; filename="CON"', '_CON'],
  ['attachment; filename="nul.edi"', '_nul.edi'],
  ['attachment; filename=".htaccess"', '_htaccess'],
  ['attachment; filename="~/.ssh/authorized_keys"', 'authorized_keys'],
  ['attachment; filename="a\0b.edi"', 'a b.edi'],
  ["attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", 'passwd'],
  ["attachment; filename*=UTF-8''a%0D%0AX-Injected%3A%201", 'aX-Injected_ 1'],
  ["attachment; filename*=UTF-8''%E2%80%AEide.redro", 'ide.redro'],
  ['attachment; filename="=?utf-8?Q?..=2F..=2Fx?="', 'x'],
  [`attachment; filename="${'a'.repeat(5_000)}.edi"`, `${'a'.repeat(196)}.edi`],
  ['attachment; filename="<script>alert(1)</script>"', 'script_'],
  ['attachment; filename="order.edi "', 'order.edi'],
  ['attachment; filename="order.edi. . ."', 'order.edi'],
  ['attachment; filename="$(touch x);`id`|rm -rf"', '$(touch x);`id`_rm -rf'],
];

export const filenames: readonly HostileCase[] = names.map(([disposition, safe]) => ({
  name: `SEC-10: ${JSON.stringify(disposition).slice(0, 70)}`,
  bytes: (parties: Parties) =>
    fromAlice(
      parties,
      Buffer.from(`Content-Type: text/plain\r\nContent-Disposition: ${disposition}\r\n\r\nhello`, 'latin1'),
    ),
  status: 200,
  disposition: 'processed',
  delivered: [safe],
}));
