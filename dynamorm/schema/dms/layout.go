package dms

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// place is a character of the text, line and column counted from 0.
type place struct{ line, column int }

// layout knows where things stand in a text: what the parser's nodes do not say, and the parser does not mind.
type layout struct {
	lines [][]rune
	// quotes has the end of every quoted scalar by its start.
	quotes map[place]place
}

func newLayout(text string, root *yaml.Node) *layout {
	l := &layout{quotes: map[place]place{}}
	for _, line := range strings.Split(text, "\n") {
		l.lines = append(l.lines, []rune(line))
	}
	l.measure(root)
	return l
}

func start(n *yaml.Node) place { return place{n.Line - 1, n.Column - 1} }

func (l *layout) measure(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		l.quotes[start(n)] = l.unquote(start(n))
	}
	for _, child := range n.Content {
		l.measure(child)
	}
}

// at gives the character of a place; the end of a line is a line end.
func (l *layout) at(p place) rune {
	if p.line >= len(l.lines) || p.column >= len(l.lines[p.line]) {
		return '\n'
	}
	return l.lines[p.line][p.column]
}

func (l *layout) after(p place) place {
	if p.column < len(l.lines[p.line]) {
		return place{p.line, p.column + 1}
	}
	return place{p.line + 1, 0}
}

// unquote gives the place of the quote that ends the scalar at p.
func (l *layout) unquote(p place) place {
	quote := l.at(p)
	for p = l.after(p); p.line < len(l.lines); p = l.after(p) {
		switch {
		case quote == '"' && l.at(p) == '\\':
			if p = l.after(p); l.at(p) == '\'' {
				refuse("", "has an escape that YAML does not know")
			}
		case l.at(p) != quote:
		case quote == '\'' && l.at(l.after(p)) == quote:
			p = l.after(p)
		default:
			return p
		}
	}
	return p
}

// unbracket gives the place of the bracket that ends the collection at p.
func (l *layout) unbracket(p place) place {
	var unquoted place
	for depth := 0; p.line < len(l.lines); p = l.after(p) {
		if end, quoted := l.quotes[p]; quoted {
			p, unquoted = end, l.after(end)
			continue
		}
		switch l.at(p) {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '#':
			l.skipComment(&p, unquoted)
		}
		if depth == 0 {
			return p
		}
	}
	return p
}

// skipComment goes to the end of the line where a comment begins at p, and not inside a plain scalar; unquoted is the end of the last quotes.
func (l *layout) skipComment(p *place, unquoted place) {
	before := ' '
	if p.column > 0 {
		before = l.at(place{p.line, p.column - 1})
	}
	switch {
	case before == ' ':
		p.column = len(l.lines[p.line])
	case strings.ContainsRune("[]{},", before), *p == unquoted, before == ':' && p.line == unquoted.line && p.column-1 == unquoted.column:
		refuse("", "has a comment that follows no space")
	}
}

var blockHeader = regexp.MustCompile(`^[|>][-+0-9]*#`)

// check refuses what makes a text unreadable as a whole; indent is that of the innermost block around the node.
func (l *layout) check(n *yaml.Node, indent, depth int) {
	from := start(n)
	if n.Kind == yaml.AliasNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 || l.at(from) == '!' {
		refuse("", "anchors, aliases and tags are not part of DMS")
	}
	collection := n.Kind != yaml.ScalarNode
	switch {
	case collection && depth > maxDepth:
		tooDeep()
	case collection && n.Style&yaml.FlowStyle == 0:
		indent = from.column
	case collection:
		l.checkLines(from, l.unbracket(from), indent, false)
	case plain(n):
		if strings.Contains(n.Value, hiddenTab) {
			refuse("", "has a tab around or inside a scalar without quotes")
		}
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		if blockHeader.MatchString(string(l.lines[from.line][from.column:])) {
			refuse("", "has a comment that follows no space")
		}
	default:
		l.checkLines(from, l.quotes[from], indent, true)
	}
	for i, child := range n.Content {
		if n.Style&yaml.FlowStyle != 0 && plain(child) && flowSigns.MatchString(child.Value) {
			refuse("", "has a sign that needs quotes between brackets")
		}
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			l.checkKey(n, child)
		} else if n.Style&yaml.FlowStyle == 0 && !empty(child) {
			l.checkFirstLine(child, indent)
		}
		l.check(child, indent, depth+1)
	}
}

// flowSigns finds a plain scalar that parsers end at different places.
var flowSigns = regexp.MustCompile(`\?|^:|^-$|:$`)

func empty(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && plain(n) && n.Value == "" }

func (l *layout) checkKey(parent, key *yaml.Node) {
	if empty(key) {
		refuse("", "has a value without a key")
	}
	p := start(key)
	before := strings.TrimRight(string(l.lines[p.line][:p.column]), " ")
	for p.line--; before == "" && p.line >= 0; p.line-- {
		before = strings.TrimRight(string(l.lines[p.line]), " ")
	}
	flow := parent.Style&yaml.FlowStyle != 0
	if flow && strings.HasSuffix(before, "?") || !flow && key.Column != parent.Column {
		refuse("", "has an explicit key")
	}
}

// checkFirstLine checks a value that begins a line; only of a list the dashes may stand where the block around it does.
func (l *layout) checkFirstLine(n *yaml.Node, indent int) {
	p := start(n)
	if strings.TrimLeft(string(l.lines[p.line][:p.column]), " ") != "" {
		return
	}
	block := n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle == 0
	if block && n.Kind == yaml.SequenceNode {
		indent--
	}
	if p.column <= indent {
		refuse("", "is indented no deeper than the block around it")
	}
	for i := p.line - 1; !block && i >= 0; i-- {
		bare := strings.TrimLeft(string(l.lines[i]), " ")
		if bare != "" && bare[0] != '#' {
			return
		}
		if bare != "" && len(l.lines[i])-len([]rune(bare)) < p.column {
			refuse("", "has a comment before a value that is not indented as deep as the value")
		}
	}
}

var escapedEnd = regexp.MustCompile(`(?:^|[^\\])(?:\\\\)*\\$`)

// checkLines refuses what is in brackets or quotes and goes on at a line that is indented no deeper than the block around it.
func (l *layout) checkLines(from, to place, indent int, quoted bool) {
	if l.at(l.after(to)) == '#' {
		refuse("", "has a comment that follows no space")
	}
	for line := from.line + 1; line <= to.line && line < len(l.lines); line++ {
		text := strings.TrimLeft(string(l.lines[line]), " ")
		if text == "" && quoted && l.at(from) == '"' && escapedEnd.MatchString(string(l.lines[line-1])) {
			refuse("", "has an empty line after an escaped end of a line")
		}
		if text == "" || !quoted && text[0] == '#' {
			continue
		}
		least, deep := indent+1, len(l.lines[line])-len([]rune(text))
		if !quoted && to == (place{line, deep}) {
			least--
		}
		if deep < least {
			refuse("", "is indented no deeper than the block around it")
		}
	}
}
