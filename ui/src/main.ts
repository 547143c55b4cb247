import './app.css';
import { mount } from 'svelte';
import App from './shell/App.svelte';
import { route } from './lib/router.svelte';
import { takeToken } from './lib/session.svelte';

takeToken();
route.read(); // the address without the token

const target = document.getElementById('app');
if (target) mount(App, { target });
