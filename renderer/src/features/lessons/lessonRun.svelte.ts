/** The lesson under way, with its text: what the panel shows. */
import type { Lesson, LessonProgress, LessonStep } from '../../../../main/api/lessons.ts';
import type { LabState } from '../../state/lab.svelte.ts';

export class LessonRun {
  #lab: LabState;
  #lesson = $state.raw<Lesson | null>(null);

  constructor(lab: LabState) {
    this.#lab = lab;
  }

  get progress(): LessonProgress | null {
    return this.#lab.lesson;
  }
  get lesson(): Lesson | null {
    return this.#lesson?.id === this.progress?.id ? this.#lesson : null;
  }
  get index(): number {
    return this.progress?.step ?? 0;
  }
  get step(): LessonStep | null {
    return this.lesson?.steps[this.index] ?? null;
  }
  get isLast(): boolean {
    return this.lesson !== null && this.index === this.lesson.steps.length - 1;
  }
  /** Whether all that the step asks for has been seen. A step that is only read is done at once. */
  get isStepDone(): boolean {
    return this.step !== null && this.step.checks.every((_, check) => this.progress?.checks[check] === true);
  }

  isDone(step: number): boolean {
    return this.progress?.done.includes(step) ?? false;
  }

  /** Loads the text of the lesson; to be called when its id changes. */
  async load(id: string): Promise<void> {
    if (this.#lesson?.id === id) return;
    const lesson = await this.#lab.attempt(() => this.#lab.client.lessons.get({ id }), { reading: true });
    if (lesson) this.#lesson = lesson;
  }

  async go(step: number): Promise<void> {
    await this.#lab.attempt(() => this.#lab.client.lessons.go({ step }));
  }

  async leave(): Promise<void> {
    await this.#lab.attempt(() => this.#lab.client.lessons.leave({}));
  }
}
