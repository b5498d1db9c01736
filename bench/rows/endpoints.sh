# 1,000 changes of a Service's endpoints a second while it carries load: nothing may fail, and nothing may slow down.
CHANGES_PER_SECOND=1000

run() {
  row_title "1,000 endpoint changes a second under load: requests per second, failures"
  must_ratio rate changing still '>=' 0.97
  must_value failed changing '<=' 0
  must_value changes_per_second changing '>=' 900
  start_backend || die "the back end does not start"
  local first=$BACKEND_PORT second round done bad rate
  start_backend_again
  second=$BACKEND_PORT BACKEND_PORT=$first
  start_portico || return
  load "$WARM_UP_SECONDS" "$(url_of portico http /)" >/dev/null
  for ((round = 1; round <= ROUNDS; round++)); do
    read -r done bad rate < <(load "$CHANGING_SECONDS" "$(url_of portico http /)")
    record still "$round" rate "$rate"
    record still "$round" failed "$bad"
    nice -n -10 taskset -c "$LOAD_CORE" python3 "$here/tools/endpoints.py" "$work/manifests/endpoints.yaml" "$first" "$second" "$CHANGES_PER_SECOND" >"$work/changes.log" &
    local changer=$!
    started+=("$changer")
    read -r done bad rate < <(load "$CHANGING_SECONDS" "$(url_of portico http /)")
    kill "$changer"
    wait "$changer"
    record changing "$round" rate "$rate"
    record changing "$round" failed "$bad"
    record changing "$round" changes_per_second "$(cat "$work/changes.log")"
  done
}

# A second back end, so that endpoints have somewhere to go.
start_backend_again() {
  local kept=${PID[backend]}
  start_backend || die "the second back end does not start"
  PID[backend-1]=$kept
}
