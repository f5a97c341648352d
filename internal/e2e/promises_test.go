package e2e_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// SECURITY.md says of each promise which requirements keep it, and of each requirement which tests fail without it. A name
// there that no test has is a promise that nobody keeps.

// shown are the requirements that the tests must show; the others may be said to come later.
var shown = strings.Fields("R1 R2 R3 R4 R5 R6 R7 R8 R9 R10 R11 R12 R13 R14 R15 R16 R17 R18 R19 R20 R21 R22 R23 R26 R30 R31 R33 R34 R35 R36 R38 R40 R41")

var (
	testName        = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*|[A-Za-z0-9]+\\.(?:test\\.ts|spec\\.mjs))`")
	requirementName = regexp.MustCompile(`\bR[0-9]+\b`)
)

// untrue is what is wrong with the text of SECURITY.md, where these are the tests that there are.
func untrue(text string, tests map[string]bool) (all []string) {
	say := func(format string, a ...any) { all = append(all, fmt.Sprintf(format, a...)) }
	for _, name := range testName.FindAllStringSubmatch(text, -1) {
		if !tests[name[1]] {
			say("there is no test %s", name[1])
		}
	}
	rows := map[string][]string{}
	for _, cells := range tableUnder(text, "## Requirements") {
		if len(cells) != 3 || rows[cells[0]] != nil {
			say("the row %v is no requirement, or stands there twice", cells)
			continue
		}
		rows[cells[0]] = cells
	}
	for _, r := range shown {
		switch state := rows[r]; {
		case state == nil:
			say("%s has no row", r)
		case !strings.HasPrefix(state[2], "held") && !strings.HasPrefix(state[2], "partly"):
			say("%s is not said to be held", r)
		case !testName.MatchString(state[2]):
			say("%s names no test", r)
		}
	}
	promises := tableUnder(text, "## Promises")
	if len(promises) < 8 {
		say("there are %d promises", len(promises))
	}
	for _, cells := range promises {
		if len(cells) != 4 {
			say("the promise %v has %d cells", cells, len(cells))
			continue
		}
		if !testName.MatchString(cells[3]) {
			say("%q names no test", cells[0])
		}
		named := requirementName.FindAllString(cells[1], -1)
		if len(named) == 0 {
			say("%q names no requirement", cells[0])
		}
		for _, r := range named {
			if rows[r] == nil {
				say("%q names %s, which has no row", cells[0], r)
			}
		}
	}
	return all
}

// tableUnder are the rows, without their head, of the first table after a heading.
func tableUnder(text, heading string) (rows [][]string) {
	_, text, _ = strings.Cut(text, heading+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows[min(2, len(rows)):]
}

// testsThere are the names of all tests: Go's with whatever build tag, and the files of the window's.
func testsThere(t *testing.T) map[string]bool {
	t.Helper()
	there := map[string]bool{}
	root := filepath.Join("..", "..")
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == "dist" || d.Name() == "bin" || d.Name() == "tmp" || d.Name()[0] == '.'):
			return fs.SkipDir
		case d.IsDir():
			return nil
		case strings.HasSuffix(name, ".test.ts"), strings.HasSuffix(name, ".spec.mjs"):
			there[path.Base(name)] = true
		case strings.HasSuffix(name, "_test.go"):
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(name)), nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && isTest(f) {
					there[f.Name.Name] = true
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return there
}

// isTest says whether Go runs the function as a test or a fuzz target.
func isTest(f *ast.FuncDecl) bool {
	if f.Recv != nil || len(f.Type.Params.List) != 1 || len(f.Body.List) == 0 {
		return false
	}
	star, ok := f.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	of, ok := star.X.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	return strings.HasPrefix(f.Name.Name, "Test") && of.Sel.Name == "T" || strings.HasPrefix(f.Name.Name, "Fuzz") && of.Sel.Name == "F"
}

func TestSecurityNamesTestsThatThereAre(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	there := testsThere(t)
	for _, name := range []string{"TestSecurityNamesTestsThatThereAre", "TestMainJob", "FuzzRedact", "Question.test.ts"} {
		if !there[name] {
			t.Errorf("%s was not found: the walk does not reach what it should", name)
		}
	}
	for _, why := range untrue(string(text), there) {
		t.Error("SECURITY.md: ", why)
	}
}

// The check is only worth something if it says no.
func TestWhatSecurityMayNotSay(t *testing.T) {
	var good strings.Builder
	good.WriteString("## Promises\n\n| promise | requirements | kept by | shown by |\n| --- | --- | --- | --- |\n")
	for range 8 {
		good.WriteString("| It holds. | R1, R2 | a wall | `TestA`, and more |\n")
	}
	good.WriteString("\n## Requirements\n\n| | what | state |\n| --- | --- | --- |\n")
	for _, r := range shown {
		fmt.Fprintf(&good, "| %s | a wall | held: `TestA`, `a.test.ts` |\n", r)
	}
	tests := map[string]bool{"TestA": true, "a.test.ts": true}
	if all := untrue(good.String(), tests); len(all) > 0 {
		t.Errorf("a good text is refused: %v", all)
	}
	for _, c := range []struct{ old, new, want string }{
		{"| R7 | a wall | held: `TestA`, `a.test.ts` |\n", "", "R7 has no row"},
		{"| R7 | a wall | held: `TestA`,", "| R7 | a wall | held: `TestB`,", "there is no test TestB"},
		{"`a.test.ts`", "`b.test.ts`", "there is no test b.test.ts"},
		{"| R7 | a wall | held: `TestA`, `a.test.ts`", "| R7 | a wall | held", "R7 names no test"},
		{"| R7 | a wall | held", "| R7 | a wall | later", "R7 is not said to be held"},
		{"| R7 |", "| R8 |", "twice"},
		{"| R1, R2 |", "| |", "names no requirement"},
		{"| R1, R2 |", "| R1, R99 |", "names R99, which has no row"},
		{"| a wall | `TestA`, and more |", "| a wall | many |", "names no test"},
		{"| It holds. | R1, R2 |", "| It holds. |", "cells"},
		{"## Promises", "## Words", "0 promises"},
	} {
		all := untrue(strings.Replace(good.String(), c.old, c.new, 1), tests)
		if !slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, c.want) }) {
			t.Errorf("%q instead of %q: want %q among %q", c.new, c.old, c.want, all)
		}
	}
}
