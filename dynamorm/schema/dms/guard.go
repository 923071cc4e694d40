package dms

import (
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// What parsers of YAML take in different ways is refused or hidden before the parser sees it, by the same rules in every language.
//
// The parser is of YAML 1.1: it breaks lines at U+0085, U+2028 and U+2029, which in YAML 1.2 are characters like others. Stand-ins take
// their place, and that of the tab, so that one around a plain scalar shows. The parser also refuses the escape of the slash, and those
// of surrogates, which JSON writes in pairs: they are hidden behind stand-ins, and only in double quotes are they escapes again.
const (
	hiddenTab       = "\ufdd0"
	hiddenSurrogate = "\ufdd4"
	hiddenSlash     = "\ufdd5"
)

var (
	hide = strings.NewReplacer("\t", hiddenTab, "\u0085", "\ufdd1", "\u2028", "\ufdd2", "\u2029", "\ufdd3")
	show = strings.NewReplacer(hiddenTab, "\t", "\ufdd1", "\u0085", "\ufdd2", "\u2028", "\ufdd3", "\u2029")

	blank      = regexp.MustCompile(`(?m)^ +$`)
	slashes    = regexp.MustCompile(`((?:^|[^\\])(?:\\\\)*)\\/`)
	directive  = regexp.MustCompile(`^%YAML 1\.[0-9] *\n---`)
	surrogates = regexp.MustCompile(`((?:^|[^\\])(?:\\\\)*)\\u([dD][89a-fA-F][0-9a-fA-F]{2})`)
	guards     = []struct {
		pattern *regexp.Regexp
		reason  string
	}{
		{regexp.MustCompile(`[^\t\n -~\x{85}\x{A0}-\x{D7FF}\x{E000}-\x{FDCF}\x{FDF0}-\x{FEFE}\x{FF00}-\x{FFFD}\x{10000}-\x{10FFFF}]`), "a character that a document does not hold"},
		{regexp.MustCompile(`(?:^|[^\\])(?:\\\\)*\\(?:u[fF][dD][dDeE]|U0000(?:[fF][dD][dDeE]|[dD][89a-fA-F]))`), "the escape of a character that a document does not hold"},
		{regexp.MustCompile(`(?m)^ *\t|\t *$`), "a tab at an end of a line"},
		{regexp.MustCompile(`(?m)^%`), "a directive"},
		{regexp.MustCompile(`(?m)^\.\.\.[^\n]*\n(?:[^\n]*\n)*\.\.\.`), "a second end"},
	}
)

// guard gives the text that the parser gets.
func guard(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	if head := directive.FindString(text); head != "" {
		text = text[len(head)-len("---"):]
	}
	for _, g := range guards {
		if g.pattern.MatchString(text) {
			refuse("", "has "+g.reason)
		}
	}
	// Twice, for the match of one escape may take the character before the next.
	for range 2 {
		text = surrogates.ReplaceAllString(text, "${1}"+hiddenSurrogate+"${2}")
		text = slashes.ReplaceAllString(text, "${1}"+hiddenSlash)
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	// A line of spaces alone is an empty one.
	text = blank.ReplaceAllString(text, "")
	return hide.Replace(text)
}

// shown puts the hidden characters back; false for half a surrogate pair among the escapes of double quotes.
func shown(text string, double bool) (string, bool) {
	slash := `\/`
	if double {
		slash = "/"
	}
	text = strings.ReplaceAll(text, hiddenSlash, slash)
	parts := strings.Split(show.Replace(text), hiddenSurrogate)
	var out strings.Builder
	out.WriteString(parts[0])
	for i := 1; i < len(parts); i++ {
		if !double {
			out.WriteString(`\u` + parts[i])
			continue
		}
		pair := utf8.RuneError
		if i+1 < len(parts) && len(parts[i]) == 4 {
			pair = utf16.DecodeRune(hex(parts[i]), hex(parts[i+1]))
			i++
		}
		if pair == utf8.RuneError {
			return "", false
		}
		out.WriteString(string(pair) + parts[i][4:])
	}
	return out.String(), true
}

// hex reads the four digits that a part begins with.
func hex(part string) rune {
	var r rune
	for _, c := range strings.ToLower(part[:4]) {
		r = r<<4 | rune(strings.IndexRune("0123456789abcdef", c))
	}
	return r
}
