import { testEveryState } from "./testing/everyoneCanUse";

testEveryState("dark");
