import './app.css';
import { mount } from 'svelte';
import App from './shell/App.svelte';
import { takeToken } from './lib/session.svelte';

takeToken();

const target = document.getElementById('app');
if (target) mount(App, { target });
