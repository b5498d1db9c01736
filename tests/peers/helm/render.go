// Renders a Helm chart with the libraries that Helm itself renders with (Go's text/template and Sprig), for comparison with
// what Portico makes of the same chart.
//
//	render CHART-FOLDER RELEASE NAMESPACE VALUES-FILE...
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

type values = map[string]interface{}

func main() {
	chart, release, namespace := os.Args[1], os.Args[2], os.Args[3]
	merged := read(filepath.Join(chart, "values.yaml"))
	for _, file := range os.Args[4:] {
		merge(merged, read(file))
	}
	about := read(filepath.Join(chart, "Chart.yaml"))
	root := values{
		"Values":  merged,
		"Chart":   values{"Name": about["name"], "Version": about["version"], "AppVersion": about["appVersion"]},
		"Release": values{"Name": release, "Namespace": namespace, "Service": "portico"},
	}

	all := template.New("chart").Option("missingkey=zero")
	functions := sprig.TxtFuncMap()
	functions["include"] = func(name string, data interface{}) (string, error) {
		var out bytes.Buffer
		err := all.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	functions["toYaml"] = func(v interface{}) string {
		var out bytes.Buffer
		encoder := yaml.NewEncoder(&out)
		encoder.SetIndent(2)
		must(encoder.Encode(v))
		return strings.TrimSuffix(out.String(), "\n")
	}
	functions["required"] = func(message string, v interface{}) (interface{}, error) {
		if v == nil || v == "" {
			return v, fmt.Errorf("%s", message)
		}
		return v, nil
	}
	all.Funcs(functions)
	files, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	must(err)
	sort.Strings(files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(err)
		template.Must(all.New(filepath.Base(file)).Parse(string(text)))
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".yaml") {
			var out bytes.Buffer
			must(all.ExecuteTemplate(&out, filepath.Base(file), root))
			fmt.Printf("---\n%s\n", strings.ReplaceAll(out.String(), "<no value>", ""))
		}
	}
}

// Maps keep texts for keys: a port that is a key is a number to YAML and a text to Helm.
func read(file string) values {
	text, err := os.ReadFile(file)
	must(err)
	var node interface{}
	must(yaml.Unmarshal(text, &node))
	if node == nil {
		return values{}
	}
	return textKeys(node).(values)
}

func textKeys(v interface{}) interface{} {
	switch node := v.(type) {
	case map[string]interface{}:
		for key, item := range node {
			node[key] = textKeys(item)
		}
	case map[interface{}]interface{}:
		result := values{}
		for key, item := range node {
			result[fmt.Sprint(key)] = textKeys(item)
		}
		return result
	case []interface{}:
		for i, item := range node {
			node[i] = textKeys(item)
		}
	}
	return v
}

func merge(onto, from values) {
	for key, value := range from {
		inner, isMap := onto[key].(values)
		next, nextIsMap := value.(values)
		switch {
		case value == nil:
			delete(onto, key)
		case isMap && nextIsMap:
			merge(inner, next)
		default:
			onto[key] = value
		}
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
