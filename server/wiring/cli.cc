#include "server/wiring/cli.h"

#include "server/wiring/commands.h"
#include "server/wiring/plan_command.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <iostream>

namespace xinglin::wiring {

namespace {

class Builder {
public:
  Builder() : m_app("Xinglin keeps a county's health records and makes its figures from them.", "xinglin") {
    m_app.set_version_flag("--version", "xinglin (see: xinglin version)");
    m_app.require_subcommand(1);
    m_app.fallthrough(); // --data, --programs and --json may also stand after the command
    m_app.add_option("--data", m_options.data, "the directory that is the database")->capture_default_str();
    m_app.add_option("--programs", m_options.programs, "the directory of programs (default: those shipped)");
    m_app.add_flag("--json", m_options.json, "print the result as JSON");
  }

  CLI::App& add(const char* name, const char* text, Command command) { return add(m_app, name, text, command); }
  CLI::App& add(CLI::App& above, const char* name, const char* text, Command command) {
    CLI::App* sub = above.add_subcommand(name, text);
    sub->callback([this, command] { m_command = command; });
    return *sub;
  }
  CLI::App& add_group(const char* name, const char* text) {
    CLI::App* sub = m_app.add_subcommand(name, text);
    sub->require_subcommand(1);
    sub->fallthrough();
    return *sub;
  }
  CLI::App& app() { return m_app; }
  Options& options() { return m_options; }
  Command command() const { return m_command; }

private:
  CLI::App m_app;
  Options m_options;
  Command m_command = nullptr;
};

} // namespace

CommandLine read_command_line(int argc, const char* const* argv) {
  Builder builder;
  Options& o = builder.options();

  CLI::App& serve_app =
      builder.add("serve", "serve FHIR under /fhir, the pages and their data, on this machine", serve);
  serve_app.add_option("--port", o.port, "port; 0 takes any free one")
      ->capture_default_str()
      ->check(CLI::Range(0, 65535));
  serve_app.add_option("--web", o.web, "serve the pages from this directory");
  serve_app.add_option("--today", o.today, "judge plans and returns as on this day; default today");

  CLI::App& load_app = builder.add("load", "load bundles, resources and NDJSON (.json .ndjson, also .gz)", load);
  load_app.add_option("path", o.arguments, "files and directories")->required();
  load_app.add_flag("--again", o.again, "also what was loaded before, under new ids");

  CLI::App& export_app = builder.add("export", "write all records as NDJSON, a file for each type", export_records);
  export_app.add_option("-o,--output", o.output, "directory")->required();
  export_app.add_option("--as-of", o.as_of, "epoch:t, an instant or a date; default now");
  export_app.add_option("--type", o.types, "only these types");
  export_app.add_flag("--gzip", o.gzip, "compress");

  CLI::App& validate_app = builder.add("validate", "check resources against FHIR R4, without storing them", validate);
  validate_app.add_option("file", o.arguments, "files and directories")->required();

  CLI::App& check_app = builder.add("check", "check programs: file, line, what is wrong, how to mend it", check);
  check_app.add_option("directory", o.programs, "the directory of programs (default: as --programs)");

  CLI::App& indicators_app = builder.add("indicators", "print figures beside those of last year", indicators);
  indicators_app.add_option("id", o.arguments, "indicators; default all");
  CLI::App& trace_app = builder.add("trace", "print what a number is made of: definition, parts, rows", trace);
  trace_app.add_option("address", o.arguments, "indicator[@hash]/org[@date]/period[/epoch:t]")->required()->expected(1);
  trace_app.add_option("--rows", o.rows, "rows to print; 0 = all")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);

  CLI::App& report_app = builder.add("report", "write a document with its figures", report);
  report_app.add_option("template", o.arguments, "its id")->required()->expected(1);
  report_app.add_option("-o,--output", o.output, "FILE.docx, .html, .xlsx, .json or .txt")->required();
  report_app.add_option("--since", o.since,
                        "list what changed against the same document as of then; default the last one made");
  for (CLI::App* app : {&indicators_app, &report_app}) {
    app->add_option("--org", o.org, "Organization id; default the one at the top of the tree");
    app->add_option("--period", o.period, "2023, 2023H1, 2023Q1, 2023-05 or DATE..DATE")->required();
    app->add_option("--as-of", o.as_of, "epoch:t, an instant or a date; default now");
  }

  CLI::App& plan_app = builder.add_group("plan", "the year's plan: tasks and targets, and how they stand");
  builder.add(plan_app, "load", "keep a plan, or its revision (docs/plans.md)", plan_load)
      .add_option("file", o.arguments, "Markdown")
      ->required()
      ->expected(1);
  CLI::App& plan_show_app = builder.add(plan_app, "show", "print every plan with the state of its entries", plan_show);
  plan_show_app.add_option("--org", o.org, "only those of this Organization id");
  plan_show_app.add_option("--period", o.period, "only those of this period");
  plan_show_app.add_option("--as-of", o.as_of, "epoch:t, an instant or a date; default now");
  plan_show_app.add_option("--today", o.today, "judge as on this day; default the date of --as-of, else today");
  builder.add(plan_app, "propose", "find targets in prose, for a person to bind or drop", plan_propose)
      .add_option("file", o.arguments, "text")
      ->required()
      ->expected(1);

  CLI::App& simulate_app = builder.add("simulate", "make records until every figure of the totals comes out", simulate);
  simulate_app.add_option("--totals", o.totals, "the file of totals (docs/simulator.md)");
  simulate_app
      .add_option("--residents", o.residents, "a county of so many residents, with the events of every program")
      ->check(CLI::Range(int64_t{1}, int64_t{20'000'000}));
  simulate_app.add_option("--years", o.years, "of the county")->capture_default_str()->check(CLI::Range(1, 20));
  simulate_app.add_option("--scale", o.scale, "multiply every total and number of people")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  simulate_app.add_option("--seed", o.seed, "another chance than the file's")->check(CLI::NonNegativeNumber);

  CLI::App& verify_app = builder.add("verify", "compute everything again from the records and compare", verify);
  verify_app.add_option("--org", o.org, "Organization id; default all");
  verify_app.add_option("--period", o.period, "default every year that has records");

  CLI::App& view_app = builder.add_group("view", "SQL on FHIR: resources as rows");
  CLI::App& view_run_app =
      builder.add(view_app, "run", "run a ViewDefinition into a file of rows (.csv .ndjson .json .parquet)", view_run);
  view_run_app.add_option("view", o.arguments, "ViewDefinition, as JSON")->required()->expected(1);
  view_run_app.add_option("-i,--in", o.inputs, "files and directories of resources, or: store (the records of --data)")
      ->required();
  view_run_app.add_option("-o,--out", o.output, "file; its ending says in what form")->required();
  view_run_app.add_flag("--no-header", o.no_header, "CSV without the line of names");
  builder.add(view_app, "columns", "print a ViewDefinition's columns and their types", view_columns)
      .add_option("view", o.arguments, "ViewDefinition, as JSON")
      ->required()
      ->expected(1);
  CLI::App& view_suite_app =
      builder.add(view_app, "suite", "run the test files of the SQL on FHIR suite and report", view_suite);
  view_suite_app.add_option("directory", o.arguments, "its tests")->required()->expected(1);
  view_suite_app.add_option("-o,--out", o.output, "write the report (test_report.json) here");

  CLI::App& fhirpath_app = builder.add("fhirpath", "evaluate a FHIRPath expression over a resource", fhirpath);
  fhirpath_app.add_option("expression and file", o.arguments, "the expression, then a file (default: standard input)")
      ->required()
      ->expected(1, 2);
  fhirpath_app.add_option("--type", o.type, "check the expression for this type (default: the resource's)");
  fhirpath_app.add_flag("--explain", o.explain, "print how it is read, checked and compiled");

  builder.add("version", "print version and commit", version);

  CommandLine line;
  try {
    builder.app().parse(argc, argv);
    line.command = builder.command();
  } catch (const CLI::ParseError& stop) {
    // Help and version are no errors; everything else is one of usage.
    line.exit_code = builder.app().exit(stop, std::cout, std::cerr) == 0 ? k_exit_done : k_exit_usage;
  }
  line.options = o;
  return line;
}

} // namespace xinglin::wiring
