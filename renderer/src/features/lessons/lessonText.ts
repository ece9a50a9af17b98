/** The Markdown of a lesson's step as HTML. Lessons are our own resources; HTML in them is shown as text all the same. */
import { Marked, type Tokens } from 'marked';
import { glossary, type GlossaryWord } from '../../ui/glossary.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? character);

const marked = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }: Tokens.HTML | Tokens.Tag) => escape(text),
    image: ({ text }: Tokens.Image) => escape(text),
    // `#/…` leads to a screen of the lab; `term:offset` explains a word where it stands; anything else leads out of it.
    link({ href, tokens }: Tokens.Link) {
      const text = this.parser.parseInline(tokens);
      if (href.startsWith('#/')) return `<a href="${escape(href)}">${text}</a>`;
      if (href.startsWith('term:')) return `<dfn title="${escape(explain(href.slice(5)))}">${text}</dfn>`;
      if (href.startsWith('https://')) return `<a href="${escape(href)}" target="_blank" rel="noopener noreferrer">${text}</a>`;
      return text;
    },
  },
});

const explain = (word: string): string => glossary[decodeURIComponent(word) as GlossaryWord] ?? '';

export const lessonHtml = (markdown: string): string => marked.parse(markdown, { async: false });
