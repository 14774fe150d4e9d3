import assert from 'node:assert/strict';
import { RareEvents } from '../../src/exchange/receiving/rare-events';
import { Slots } from '../../src/exchange/receiving/slots';

describe('exchange: limits', () => {
  it('SEC-11: places in all and for each name', () => {
    const slots = new Slots({ all: 3, each: 2 });
    const first = slots.take('alpha');
    assert.ok(first && slots.take('alpha'));
    assert.equal(slots.take('alpha'), undefined, 'not more for one');
    assert.deepEqual(slots.fullNames, ['alpha']);
    assert.ok(slots.take('gamma'));
    assert.equal(slots.full, true);
    assert.equal(slots.take('delta'), undefined, 'not more in all');
    first();
    first();
    assert.equal(slots.inUse, 2, 'given back once');
    assert.ok(slots.take('delta'));
    assert.equal(slots.take('alpha'), undefined);
  });

  it('reports one a minute of each kind, and says how many there were', () => {
    let now = 0;
    const rare = new RareEvents(() => now);
    const told = [rare.pass('a'), rare.pass('a'), rare.pass('b'), rare.pass('a')];
    assert.deepEqual(told, [1, undefined, 1, undefined]);
    now = 59_999;
    assert.equal(rare.pass('a'), undefined);
    now = 60_000;
    assert.equal(rare.pass('a'), 4);
    assert.equal(rare.pass('a'), undefined);
    now = -5_000_000;
    assert.equal(rare.pass('a'), 2, 'a clock that was set back');
  });

  it('reports not more than 50 kinds a minute, whatever names somebody invents', () => {
    let now = 0;
    const rare = new RareEvents(() => now);
    const passed = Array.from({ length: 10_000 }, (_, at) => rare.pass(`name ${at}`));
    assert.equal(passed.filter((count) => count !== undefined).length, 50);
    now = 60_000;
    assert.equal(rare.pass('name 1'), 9_951);
  });
});
