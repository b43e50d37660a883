/* How hard an English text is to read: Flesch reading ease and Flesch-Kincaid grade.
 *
 *   in    {"content": {"text": "...", ...}, "config": {"hard_below": 50}}       argv: plugin analyze
 *   out   {"flesch_score": 71.8, "grade_level": 5.2, "hard": false, "words": 120, "sentences": 9, "syllables": 163}
 *
 * R. Flesch, A new readability yardstick (1948); J. P. Kincaid et al., Derivation of new readability formulas (1975).
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Read standard input to its end. A plugin that gets no memory says so and ends: nothing else is harmed. */
static char *read_all(void) {
  size_t room = 1 << 16, length = 0, got;
  char *data = malloc(room);
  while (data && (got = fread(data + length, 1, room - length - 1, stdin)) > 0) {
    length += got;
    if (length + 1 == room) {
      char *more = realloc(data, room *= 2);
      if (!more) free(data);
      data = more;
    }
  }
  if (!data) {
    fputs("no memory for the document\n", stderr);
    exit(1);
  }
  data[length] = 0;
  return data;
}

/* Return where the value of the first key of this name begins. Good enough for what Heddle writes: keys come in a fixed
 * order, `content` before `config`, and inside of texts every quote is escaped. */
static const char *value_of(const char *json, const char *key) {
  const char *found = strstr(json, key);
  return found ? found + strlen(key) : NULL;
}

static int is_vowel(int letter) { return strchr("aeiouy", tolower(letter)) != NULL; }

/* Count groups of vowels; a last silent e is none: "make" has one, "table" two. */
static long syllables_of(const char *word, int length) {
  long count = 0;
  int before = 0;
  for (int i = 0; i < length; i++) {
    int vowel = is_vowel(word[i]);
    if (vowel && !before) count++;
    before = vowel;
  }
  if (length > 2 && tolower(word[length - 1]) == 'e' && !is_vowel(word[length - 2]) && tolower(word[length - 2]) != 'l')
    count--;
  return count > 0 ? count : 1;
}

int main(void) {
  char *json = read_all();
  const char *text = value_of(json, "\"text\":\"");
  long words = 0, sentences = 0, syllables = 0;
  char word[64];
  int length = 0, open = 0;

  for (const char *at = text; at && *at; at++) {
    int c = (unsigned char)*at;
    if (c == '"') break;
    if (c == '\\') {
      c = at[1] == 'u' ? 'x' : ' ';
      at += at[1] == 'u' ? 5 : 1;
    }
    if (isalpha(c) || c >= 128) {
      if (length < (int)sizeof word) word[length++] = (char)c;
      continue;
    }
    if (c == '\'') continue;
    if (length) {
      words++;
      open = 1;
      syllables += syllables_of(word, length);
      length = 0;
    }
    if (open && strchr(".!?", c)) {
      sentences++;
      open = 0;
    }
  }
  if (length) {
    words++;
    open = 1;
    syllables += syllables_of(word, length);
  }
  sentences += open;

  const char *given = value_of(json, "\"hard_below\":");
  double hard_below = given ? strtod(given, NULL) : 50;
  if (!words) {
    fputs("there is no word in the text\n", stderr);
    puts("{\"flesch_score\":null,\"grade_level\":null,\"hard\":null,\"words\":0,\"sentences\":0,\"syllables\":0}");
    return 0;
  }
  double per_sentence = (double)words / (double)sentences, per_word = (double)syllables / (double)words;
  double ease = 206.835 - 1.015 * per_sentence - 84.6 * per_word;
  double grade = 0.39 * per_sentence + 11.8 * per_word - 15.59;
  printf("{\"flesch_score\":%.1f,\"grade_level\":%.1f,\"hard\":%s,\"words\":%ld,\"sentences\":%ld,\"syllables\":%ld}\n",
         ease, grade, ease < hard_below ? "true" : "false", words, sentences, syllables);
  return 0;
}
