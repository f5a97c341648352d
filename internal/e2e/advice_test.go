package e2e_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// advised is where a command begins in a sentence, and verb where a value is put into it that is no number.
var (
	advised = regexp.MustCompile(`\b(oaklock [a-z]+|chmod|icacls) `)
	verb    = regexp.MustCompile(`%(\[\d+\])?[-+#0-9.]*([a-z])`)
)

// safe are the functions whose results may stand in a command: a shell takes nothing apart of what they give.
var safe = map[string]bool{"Word": true, "KeyWords": true, "keyWords": true, "raisedTo": true}

// A page chooses the name of a model, and somebody copies the command in which it stands into a shell. So every value in a command of
// ours passes through internal/command, wherever the sentence is.
func TestValuesInCommandsAreWords(t *testing.T) {
	commands := 0
	fset := token.NewFileSet()
	bad := func(at ast.Node, why string) { t.Errorf("%s: %s", fset.Position(at.Pos()), why) }
	eachFile(t, func(name string) error {
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, name, text, 0)
		if err != nil {
			return err
		}
		sums := map[ast.Node]bool{} // parts of a sum that was looked at as a whole
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if n.Op != token.ADD || sums[n] {
					return true
				}
				parts := summands(n, sums)
				begun := false
				for i, part := range parts {
					lit, isLit := literal(part)
					switch {
					case isLit && advised.MatchString(lit):
						commands++
						rest := lit[advised.FindStringIndex(lit)[0]:]
						begun = !strings.ContainsAny(rest, ".;\n") && i < len(parts)-1
					case isLit || !begun || isSafe(part):
					default:
						bad(part, "a value stands in a command and is not made a word of it by command.Word")
					}
				}
			case *ast.CallExpr:
				for i, arg := range n.Args {
					format, ok := literal(arg)
					if !ok {
						continue
					}
					at := advised.FindStringIndex(format)
					if at == nil {
						continue
					}
					commands++
					values := n.Args[i+1:]
					for k, v := range verb.FindAllStringSubmatchIndex(format, -1) {
						if v[0] < at[0] || format[v[4]:v[5]] == "d" || format[v[4]:v[5]] == "o" || k >= len(values) {
							continue
						}
						if !isSafe(values[k]) {
							bad(values[k], "a value stands in a command and is not made a word of it by command.Word")
						}
					}
				}
			}
			return true
		})
		return nil
	})
	if commands < 30 {
		t.Errorf("only %d commands were found in what Oaklock says: they are looked for in the wrong way", commands)
	}
}

// summands are the parts of a sum of texts, from left to right.
func summands(e ast.Expr, seen map[ast.Node]bool) []ast.Expr {
	if b, ok := e.(*ast.BinaryExpr); ok && b.Op == token.ADD {
		seen[b] = true
		return append(summands(b.X, seen), summands(b.Y, seen)...)
	}
	return []ast.Expr{e}
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

func isSafe(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return safe[f.Name]
	case *ast.SelectorExpr:
		return safe[f.Sel.Name]
	}
	return false
}
