# 1,000 changes of a Service's endpoints a second while it carries load: nothing may fail, and nothing may slow down.
CHANGES_PER_SECOND=1000

run() {
  row_title "1,000 endpoint changes a second under load: requests per second, failures"
  must_ratio rate changing still '>=' 0.97
  must_value failed changing '<=' 0
  must_value changes_per_second changing '>=' 900
  start_backend || die "the back end does not start"
  local first=$BACKEND_PORT second round
  start_backend_again
  second=$BACKEND_PORT BACKEND_PORT=$first
  start_portico || return
  load "$WARM_UP_SECONDS" "$(url_of portico http /)" >/dev/null
  # Writing the files costs time on the core of the load; the still rounds write as many to a folder that nobody watches.
  mkdir -p "$work/unwatched/manifests"
  for ((round = 1; round <= ROUNDS; round++)); do
    change_under_load still "$round" "$work/unwatched/manifests/endpoints.yaml" "$first" "$second"
    change_under_load changing "$round" "$work/manifests/endpoints.yaml" "$first" "$second"
  done
}

change_under_load() { # NAME ROUND FILE FIRST_PORT SECOND_PORT
  local done bad rate changer
  nice -n -10 taskset -c "$LOAD_CORE" python3 "$here/tools/endpoints.py" "$3" "$4" "$5" "$CHANGES_PER_SECOND" >"$work/changes.log" &
  changer=$!
  started+=("$changer")
  read -r done bad rate < <(load "$CHANGING_SECONDS" "$(url_of portico http /)")
  end_process "$changer"
  record "$1" "$2" rate "$rate"
  record "$1" "$2" failed "$bad"
  record "$1" "$2" changes_per_second "$(cat "$work/changes.log")"
}

# A second back end, so that endpoints have somewhere to go.
start_backend_again() {
  local kept=${PID[backend]}
  start_backend || die "the second back end does not start"
  PID[backend-1]=$kept
}
