// What a page's main thread did: tasks and how much each had to style and to lay out.

/** What a page does; the recording itself has tasks in which there is none of it. */
const WORK = ["EventDispatch", "FunctionCall", "TimerFire", "FireAnimationFrame", "UpdateLayoutTree", "Layout", "PrePaint", "Paint"];

/** Records while `act` runs. Of each task of the page: ms, elements styled, boxes laid out. Longest first. */
export const record = async (page, act) => {
  const session = await page.context().newCDPSession(page), events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    // Tasks are told by the second one.
    traceConfig: { includedCategories: ["devtools.timeline", "disabled-by-default-devtools.timeline"] },
  });
  await act();
  const ended = new Promise((done) => session.once("Tracing.tracingComplete", done));
  await session.send("Tracing.end");
  await ended;
  await session.detach();
  const styled = events.filter(({ name, args }) => name === "UpdateLayoutTree" && args.elementCount);
  const laid = events.filter(({ name, args }) => name === "Layout" && args.beginData);
  const of = (task, inside) => inside.filter(({ pid, tid, ts }) =>
    pid === task.pid && tid === task.tid && ts >= task.ts && ts < task.ts + task.dur);
  const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
  const worked = events.filter(({ name }) => WORK.includes(name));
  const main = new Set(styled.map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = events.filter(({ name, dur, pid, tid }) => name === "RunTask" && dur > 1_000 && main.has(`${pid} ${tid}`))
    .filter((task) => of(task, worked).length > 0)
    .map((task) => ({
      ms: task.dur / 1_000,
      styled: sum(of(task, styled).map(({ args }) => args.elementCount)),
      laid: sum(of(task, laid).map(({ args }) => args.beginData.dirtyObjects ?? 0)),
    }));
  return tasks.sort((one, other) => other.ms - one.ms);
};
