#include "eval/text_metrics/ptb_rules.h"

namespace mtlora {

// Written so that a range in a set ([,-_]) and the case of a set's letters mean what they mean in the original, slips
// included; a character from U+0080 to U+009F stands for Windows-1252's.
const LongestMatch::Names& ptb_names() {
  static const LongestMatch::Names names = {
      // Characters.
      {"space", "[ \t\u00A0\u2000-\u200A\u3000]"},
      {"newline", "\r?\n|[\r\u2028\u2029\v\f\u0085]"},
      {"blank", "{space}|{newline}"},
      {"alphanumeric", "{letter}|{digit}"},
      {"accented", "&[aeiouAEIOU](acute|grave|uml);"},
      // Beside Unicode's letters: the soft hyphen, modifiers, and the marks and vowel signs of most scripts up to Lao.
      {"mark",
       "[\u00AD\u02C2-\u0379\u0384-\u0385\u03F6\u0483-\u0487\u055A-\u055F\u0591-\u05BD\u05BF\u05C1-\u05C2"
       "\u05C4-\u05C5\u05C7\u0615-\u061A\u064B-\u065E\u0670\u06D6-\u06ED\u06FD-\u06FE\u070F-\u07B0\u07EB-\u07F3"
       "\u0900-\u0903\u093C-\u094E\u0951-\u0955\u0962-\u0963\u0981-\u0983\u09BC-\u09C4\u09C7-\u09C8\u09CB-\u09CD"
       "\u09D7\u09E2-\u09E3\u0A01-\u0A03\u0A3C\u0A3E-\u0A4F\u0A81-\u0A83\u0ABC-\u0ACF\u0B82\u0BBE-\u0BC2"
       "\u0BC6-\u0BC8\u0BCA-\u0BCD\u0C01-\u0C03\u0C3E-\u0C56\u0D3E-\u0D44\u0D46-\u0D48\u0E31-\u0E3A\u0E47-\u0E4E"
       "\u0EB1-\u0EBC\u0EC8-\u0ECD\u1885-\u1886]"},
      {"char", "{letter}|{accented}|{mark}"},
      {"apostrophe", "['\u0092\u2019]|&apos;"},
      {"stroke", "{apostrophe}|[`\u0091\u2018\u201B]"},  // single quotes that are found within words
      {"hyphen", "[-_\u058A\u2010\u2011]"},
      {"inner", "[,;:\u3001]"},  // ends no sentence

      // Words and what clings to them.
      {"run", "{char}({char}|{digit})*"},
      {"word", "{run}([.!?]{run})*"},
      {"before_not", "[A-Za-z\u00AD]*[A-MO-Za-mo-z]\u00AD*"},
      {"not", "n{stroke}t"},
      {"clitic", "{apostrophe}([msdMSD]|re|ve|ll)"},
      {"elided", "([dDoOlL]{stroke}{alphanumeric})?{alphanumeric}+"},
      {"compound", "{elided}({hyphen}{elided})*"},
      {"firm", "[A-Z]+(([+&]|&amp;)[A-Z]+)+"},
      {"plain", "[A-Za-z0-9]+(-[A-Za-z]+){0,2}"},
      {"listed", "[A-Za-z0-9][A-Za-z0-9.,\u00AD]*(-([A-Za-z0-9\u00AD]+|{dotted}\\.))+"},
      {"cut_in_front", "{apostrophe}(n{apostrophe}?|em|till?|cause|[2-9]0s)"},   // rock 'n' roll, the '60s
      {"cut_behind", "([DJLdjl]|ol|Dunkin|somethin){apostrophe}"},               // l'
      {"letter_in_front", "[A-HJ-XZn]{stroke}{letter}{letter}+|O{stroke}o"},     // D'Angelo
      {"between_vowels", "{letter}+[AEIOUYaeiouy]{stroke}[A-Zaeiou]{letter}*"},  // Pu'ukohola
      {"cut_within", "nor'easter|s'mores|cont'd\\.?|c'mon|ev'ry|nat'l|'twas|e'er|li'l"},
      {"with_apostrophe", "{cut_in_front}|{cut_behind}|{letter_in_front}|{between_vowels}|{cut_within}"},

      // Abbreviations.
      {"months_days", "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|Mon|Tue|Tues|Wed|Thu|Thurs|Fri"},
      {"states",  // where a set has the first letter, only the capital
       "Ala|Ariz|[A]z|[A]rk|Calif|Colo|Conn|Ct|Dak|[D]el|Fla|Ga|[I]ll|Ind|Kans?|Ky|[L]a|[M]ass|Md|Mich|Minn|[M]iss|Mo|"
       "Mont|Neb|Nev|Okla|[O]re|[P]a|Penn|Tenn|[T]ex|Va|Vt|[W]ash|Wisc?|Wyo"},
      {"firms", "Inc|Cos?|Corp|Pp?t[ye]s?|Ltd|Plc|Rt|Bancorp|Bhd|Assn|Univ|Intl|Sys"},
      {"behind", "tel|est|ext|sq|Jr|Sr|Bros|(Ed|Ph)\\.D|Blvd|Rd|Esq|etc|al|seq|Bldg"},
      {"titles",
       "Mr|Mrs|Ms|[M]iss|Drs?|Profs?|Sens?|Reps?|Attys?|Lt|Col|Gen|Messrs|Govs?|Adm|Rev|Maj|Sgt|Cpl|Pvt|Capt|Ste?|Ave|"
       "Pres|Lieut|Hon|Brig|Co?mdr|Pfc|Spc|Supts?|Det|Mt|Ft|Adj|Adv|Asst|Assoc|Ens|Insp|Mlle|Mme|Msgr|Sfc"},
      {"national", "(Canada|Sino|Korean|EU|Japan|non)-U\\.S|U\\.S\\.-(U\\.K|U\\.S\\.S\\.R)"},
      {"dotted", "[A-Za-z](\\.[A-Za-z])+|{national}"},
      {"acronym", "[A-Za-z](\\.[A-Za-z])*|{national}"},
      {"abbreviation", "({months_days}|{states}|{firms}|{behind})\\."},
      {"before_name", "{titles}|vs|Alex|Wm|Jos|Cie|a\\.k\\.a|cf|TREAS|Ph|{acronym}|Invt|Elec|Natl|M[ft]g|Dept"},
      {"before_number", "(ca|figs?|prop|nos?|art|bldg|pp|op)\\."},
      {"opens_sentence",  // in their case
       "[A]bout|[A]ccording|[A]dditionally|[A]fter|[A]n|[A]|[A]s|[A]t|[B]ut|[E]arlier|[H]e|[H]er|[H]ere|[H]owever|[I]f|"
       "[I]n|[I]t|[L]ast|[M]any|[M]ore|[M]r\\.|[M]s\\.|[N]ow|[O]nce|[O]ne|[O]ther|[O]ur|[S]he|[S]ince|[S]o|[S]ome|"
       "[S]uch|[T]hat|[T]he|[T]heir|[T]hen|[T]here|[T]hese|[T]hey|[T]his|[W]e|[W]hen|[W]hile|[W]hat|[Y]et|[Y]ou"},

      // Numbers.
      {"number", "{digit}+|{digit}*([.:,\u00AD\u066B\u066C]{digit}+)+"},
      {"slash", "\\\\?/|\u2044"},
      {"four", "{digit}{1,4}"},
      // A country's number and a place's, then the two halves of the line's: with gaps, or with full stops.
      {"gap", "[- \u00A0]"},
      {"place", "[+]{0,2}[0-9]{2,4}"},
      {"area", "{place}{gap}([0-9]{2,4}{gap})?|\\([0-9]{2,3}\\)[ \u00A0]?"},
      {"phone", "({area})[0-9]{3,4}{gap}?[0-9]{3,5}|({place}\\.)?[0-9]{2,4}\\.[0-9]{3,4}\\.[0-9]{3,5}"},

      // Addresses.
      {"at_end", "[^\t\n\f\r !\"(),.<>?\\{|\\}-]"},  // what an address can end with; in it more can stand
      {"url", "https?://[^\t\n\f\r \"()<>\\{|\\}]+{at_end}"},
      {"label", "[^\t\n\f\r !\"(),.<>?\\{|\\}]+\\."},
      {"strict_label", "[^\t\n\f\r !\"$'(),-_`\\{|\\}]+\\."},
      {"host", "www\\.({label})+[A-Za-z]{2,4}|({strict_label})+(com|edu|net|org)"},
      {"path", "/[^\t\n\f\r \"()<>|]+{at_end}"},
      {"mail_label", "[^\t\n\f\r \"().<>\\{|\\}\u00A0]+"},
      {"email", "(<|&lt;)?[0-9A-Za-z][^\t\n\f\r \"()<>\\{|\\}\u00A0]*@{mail_label}(\\.{mail_label})*(>|&gt;)?"},
      {"file",
       "({char}|{digit})+(\\.({char}|{digit})+)*\\.(bat|bmp|c|class|cgi|cpp|dll|doc|docx|exe|gif|gz|h|htm|html|"
       "jar|java|jpeg|jpg|mov|mp3|pdf|php|pl|png|ppt|ps|py|sql|tar|txt|wav|x|xml|zip)"},

      // A tag's name, and the name with a value in quotes or without one of each attribute. On one line here.
      {"tag_name", "[A-Za-z][A-Za-z0-9_:.-]*"},
      {"attribute", "{tag_name}|{tag_name} *= *('[^'\n]*'|\"[^\"\n]*\")"},
      {"tag", "<([!?][A-Za-z-][^>\r\n]*|{tag_name}( +{attribute})* */?|/{tag_name}) *>"},
      {"eyes", "[<>]?[:;=]"},
      {"smiley", "{eyes}[-'*o]?[()@DOP[\\\\\\]dp\\{|]"},
      // Faces seen upright: an eye, perhaps a mouth, an eye. The first is a slip: a bracket stands in its second eye.
      {"eye", "[-'<=>\\^x~]"},
      {"face", "[<=>\\^x~]\\.[[]\\^x=~<>\\]|{eye}_{eye}|\\({eye}[._]?{eye}\\)|\\(['<=>\\^x~]-['<=>\\^`x~]\\)"},
      // Stands alone: mathematical and other symbols, of full width too.
      {"symbol",
       "[+%&~^|\\\\\u00A6-\u00A9\u00AC\u00AE-\u00BA\u00D7\u00F7\u0387\u1FBD\u2016\u2017\u2020-\u2023"
       "\u2030-\u2038\u203B\u203E-\u2042\u2044\u207A-\u207F\u208A-\u208E\u2100-\u214F\u2190-\u2BFF\u3012\u30FB"
       "\uFF01-\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65]"},
  };
  return names;
}

const std::vector<PtbRule>& ptb_rules() {
  using enum PtbForm;
  static const std::vector<PtbRule> rules = {
      {{"c\\+\\+|(c|f)#"}},
      {{"cannot"}, AsIs, 3},
      {{"'twas"}, AsIs, 3},
      {{"'tis|gonna|gotta|lemme|gimme|wanna"}, AsIs, 2},
      {{"{tag}"}, Unbroken},
      {{"&(MD|mdash|ndash);|[\u0096\u0097\u2013-\u2015]"}, Nothing},
      {{"&amp;"}, Ampersand},
      {{"&(HT|TL|UR|LR|QC|QL|QR|odq|cdq|#[0-9]+);"}},
      {{"{word}", "{clitic}"}, Word},
      {{"{before_not}", "{not}"}, Word},
      {{"{word}"}, Word},
      {{"{with_apostrophe}"}},
      {{"y{apostrophe}", "{letter}"}},
      {{"{url}|{host}{path}?|{email}|@[a-zA-Z_][a-zA-Z_0-9]*|#{char}+"}},
      {{"{clitic}|{not}", "[^A-Za-z]"}, Quote},
      {{"{digit}{1,2}[-/]{digit}{1,2}[-/]{digit}{2,4}"}},
      {{"[-+]?{number}"}, Word},
      {{"[\u207A\u207B\u208A\u208B]?([\u2070\u00B9\u00B2\u00B3\u2074-\u2079]+|[\u2080-\u2089]+)"}},
      {{"({four}[- \u00A0])?{four}{slash}{four}|[\u00BC-\u00BE\u2153-\u215E]"}, Escaped},
      {{"-(RRB|LRB|RCB|LCB|RSB|LSB)-|C\\.D\\.s|pro-|anti-|S(&|&amp;)(P-500|Ls)|Cap{apostrophe}n|c{apostrophe}est"},
       Ampersand},
      {{"{plain}(\\\\?/{plain}){1,2}"}},
      {{"[A-Z]*\\$|#"}},
      {{"[\u00A2-\u00A5\u0080\u20A0\u20A4\u20AC\u060B\u0E3F\uFFE0\uFFE1\uFFE5\uFFE6]"}, Escaped},
      // A single letter before a sentence is no abbreviation. The full stop that then ends the sentence is punctuation,
      // as is the one that a real abbreviation shares with its sentence.
      {{"[A-Za-z]\\.", "{blank}+({opens_sentence}|{tag}){blank}"}, Letter},
      {{"{acronym}\\.", "{blank}+({opens_sentence}|{tag}){blank}"}},
      {{"{before_number}", "{blank}?{digit}"}},
      {{"(pt[eyEY]|co)\\.", "{space}(ltd|lim)"}},
      {{"{abbreviation}", "{any}{any}"}},
      {{"{abbreviation}|{before_name}\\."}},
      {{"{before_name}", "{space}"}},
      {{"{acronym}|{apostrophe}[0-9][0-9]", "{blank}"}},
      {{"{file}", "{blank}|[.?!,]"}},
      {{"{word}\\.", "{inner}"}, Word},
      {{"{phone}"}, Escaped},
      {{"\"|&quot;"}, Quote},
      {{"<|&lt;|>|&gt;"}, Escaped},
      {{"{smiley}", "[^A-Za-z0-9]"}, Escaped},
      {{"{face}"}, Escaped},
      {{"[\\{\\}[\\]()]"}, Escaped},
      {{"-{3,4}"}, Nothing},
      {{"-+"}},
      {{"\\.{3,5}|(\\.[ \u00A0]){2,4}\\.|[\u0085\u2026]"}, Nothing},
      {{"@+|#+|_+|\\*+|(\\\\\\*){1,3}|{inner}|[?!]+|[.\u00A1\u00BF\u037E\u0589\u061F\u3002=/]"}},
      {{"{listed}\\.", "{inner}"}, Word},
      {{"{listed}"}, Word},
      {{"{compound}\\.", "{inner}"}},
      {{"{compound}"}},
      {{"{firm}\\.", "{inner}"}, Ampersand},
      {{"{firm}"}, Ampersand},
      {{"'", "[A-Za-z][^ \t\n\r\u00A0]"}, Quote},
      {{"{clitic}|{not}|''|[`\u0091-\u0094\u2018-\u201F\u2039\u203A\u00AB\u00BB]{1,2}|{apostrophe}"}, Quote},
      {{"<<|>>|{symbol}"}},
      {{"{space}+|&nbsp;"}, Nothing},
      {{"\n"}, LineEnd},
  };
  return rules;
}

}  // namespace mtlora
